"""Decodes hostile files as Serialize does, under the limits of its function."""
