"""Labelled pictures: reading them, finding their faces, cutting crops, splitting without leaks."""
