"""The AWS account that the emulator stands for: its number, its region and its credentials."""

REGION = "us-east-1"
ACCOUNT = "000000000000"
# The emulator treats this key as the account's root, also when it enforces IAM.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
}
