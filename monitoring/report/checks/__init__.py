"""First stage: photos, baselines and history become checks and a verdict."""
