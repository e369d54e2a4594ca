"""The HTTP API and its sign-in at one loopback address, as a custom domain gives them on AWS."""
