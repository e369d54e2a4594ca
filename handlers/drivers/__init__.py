"""The drivers' door: permission to upload, what became of a photo, and contesting it."""
