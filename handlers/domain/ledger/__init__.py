"""The photo ledger's records: schema, identity, views, labels and events."""
