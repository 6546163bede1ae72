"""Whether a bundle works on this very machine, tried in a process of its own before anything relies on it."""
