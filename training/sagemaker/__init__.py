"""Training jobs on SageMaker; only `launch.py` imports its SDK."""
