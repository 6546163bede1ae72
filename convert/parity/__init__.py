"""How far a converted model answers as its float model does."""
