"""Runs the AWS emulator with its patches, as a process of the local stage."""
