"""The stacks of the CDK app; they compose constructs and grant permissions between them."""
