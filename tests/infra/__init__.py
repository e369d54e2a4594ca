"""What is deployed, read from the synthesized templates; see the layers in the module names."""
