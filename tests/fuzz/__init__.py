"""Fuzzing with coverage guidance: `make fuzz MINUTES=30`.

Each target reads what comes from outside: photos, captured records, events, messages, labels, the
policy. A target may refuse its input with the documented error; anything else is a finding.
"""
