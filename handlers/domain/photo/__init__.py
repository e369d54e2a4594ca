"""From any bytes to the wire image; read `wire_image.py` first."""
