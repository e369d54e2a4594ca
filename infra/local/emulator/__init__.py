"""The AWS emulator with its patches, as a process."""
