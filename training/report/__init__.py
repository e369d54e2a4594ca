"""Reports as one HTML file each: no script, nothing fetched, light and dark, any width."""
