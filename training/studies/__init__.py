"""Repeated trainings and a speed measurement behind the figures of the model card."""
