"""The stacks of the CDK app; they only compose constructs and grant."""
