"""The application in the SageMaker container; the local stage runs the same application."""
