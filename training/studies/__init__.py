"""Repeated trainings behind the model card's figures."""
