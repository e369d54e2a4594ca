"""One construct for each box of the diagram; the stacks only put them together."""
