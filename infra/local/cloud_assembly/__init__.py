"""Deploys a synthesized cloud assembly to the emulator, exactly as it is."""
