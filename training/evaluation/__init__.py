"""What a model is worth on labelled photos, and the threshold that follows."""
