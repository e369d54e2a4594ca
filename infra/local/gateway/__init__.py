"""Serves the HTTP API and its sign-in at one loopback address, like a custom domain on AWS."""
