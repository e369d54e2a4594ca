"""Operations of a running system: daily report, reconciliation, capture reader, statistics."""
