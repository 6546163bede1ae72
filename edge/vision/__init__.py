"""Faces and labels: the detector, the classifier, and pictures for people to look at."""
