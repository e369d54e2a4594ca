"""Where labelled photos come from: folders, archives, CIFAR-100, reviewers' verdicts.

Each gives `LabelledFile`s, and none is privileged: see `training/data/photo_set.py`.
"""
