"""The Lambda function that processes the ledger's DynamoDB stream."""
