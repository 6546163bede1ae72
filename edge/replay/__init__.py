"""Recordings through the daemon's own line: camera, models and tracker, without lamp and broker."""
