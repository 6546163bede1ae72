"""Counts by minute, and what they sum up to."""
