"""What both doors of the HTTP API share: who calls, what he may send, what he is answered."""
