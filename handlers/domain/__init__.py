"""The rules as pure functions of values: without boto3, clock or environment."""
