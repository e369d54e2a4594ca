"""The three Lambda functions that the state machine calls, in the order of its states."""
