"""Deploys a stage to AWS, or to the emulator, and returns it to the model that it had before."""
