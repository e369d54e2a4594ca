"""Patches of the pinned emulator where it differs from AWS in a way that affects the system.

They replace private functions of `ministack`. So each patch checks the function that it replaces,
and the emulator does not start if that differs. Only the emulator's own process
(`infra.local.emulator`) is patched.
"""
