"""What is wrong with a folder of labelled photos, before anything is trained."""
