"""What the messages of each queue for operators become, for `scones redrive --queue`."""
