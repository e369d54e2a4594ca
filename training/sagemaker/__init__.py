"""Training jobs on SageMaker; `launch.py` alone knows its SDK."""
