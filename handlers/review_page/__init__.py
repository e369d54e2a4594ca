"""The reviewers' page: plain files, and the small function that serves them."""
