"""The HTTP API: authorization, requests and responses, idempotency, problems, and the document."""
