"""Labelled photos: sources, splits, augmentation, and the arrays that are trained on."""
