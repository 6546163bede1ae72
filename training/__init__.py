"""Training on the desktop: data, split, network, fit and evidence."""
