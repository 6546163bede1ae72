"""Conversion on the desktop: from a Keras network to a bundle that a device can trust."""
