"""The classifier: its recipe, network, batches, training, and the folder of a run."""
