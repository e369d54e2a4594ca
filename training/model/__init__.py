"""The network: architecture, start weights, training loop, export."""
