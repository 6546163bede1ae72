"""Training on a desktop: data, augmentation, classifier, evaluation, detector, commands."""
