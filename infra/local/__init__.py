"""The same infrastructure on one machine: emulator, deployer, endpoint stand-in, stage."""
