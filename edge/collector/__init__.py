"""The receiving side: stores what devices publish, each event once, and counts it."""
