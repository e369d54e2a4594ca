"""One construct for each capability of the system; the stacks compose them."""
