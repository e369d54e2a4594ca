"""The CDK app, and under `local` the same infrastructure on one machine."""
