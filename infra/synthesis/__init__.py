"""From the CDK app to a cloud assembly: Node, function packages, synthesis."""
