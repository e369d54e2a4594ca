"""The Lambda functions: a folder for each group of entries, `domain` and `aws` for all of them."""
