"""Third stage: the document becomes one HTML page that runs no script and fetches nothing."""
