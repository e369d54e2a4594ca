"""The drivers' API: permission to upload, the state of photos, and contesting a decision."""
