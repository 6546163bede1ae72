"""The report of a run as one HTML page and a model card, with charts and galleries."""
