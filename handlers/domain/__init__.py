"""The rules, pure: values in, records out. No boto3, no clock, no environment."""
