"""The network: architecture, pretrained weights, training loop, export."""
