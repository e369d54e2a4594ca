"""Sources of labelled photos: folders, archives, CIFAR-100, reviewers' verdicts.

Each yields `LabelledFile`s, which are treated alike: see `training/data/photo_set.py`.
"""
