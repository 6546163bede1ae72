"""The entrance daemon: from camera frames to lamp and compliance events."""
