"""Corrections of the pinned emulator where it differs from AWS in a way that the system notices.

They replace private functions of `ministack`, so each says what it expects to find, and the
emulator does not start where that is missing. Only its own process (`infra.local.emulator`) is
corrected.
"""
