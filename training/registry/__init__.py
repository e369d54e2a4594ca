"""The model registry and the promotion gate."""
