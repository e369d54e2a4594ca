"""What follows from changes of the ledger: its DynamoDB stream, record by record."""
