"""Reports of evaluation and validation as one HTML file each, on `monitoring.rendering`."""
