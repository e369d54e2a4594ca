"""Second stage: photos and verdict become the document, which is report.json."""
