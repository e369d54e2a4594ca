"""The code behind events: each module here is the entry of one Lambda function."""
