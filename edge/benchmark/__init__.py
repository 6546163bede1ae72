"""How fast, how large and how soon ready: the pipeline, the models alone, the process."""
