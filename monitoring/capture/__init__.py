"""Reads SageMaker's Data Capture: any window, any size, whatever the lines hold."""

from monitoring.capture.reader import CaptureObject, CaptureReader
from monitoring.capture.span import Span
from monitoring.capture.summary import CaptureSummary, ModelScores

__all__ = ["CaptureObject", "CaptureReader", "CaptureSummary", "ModelScores", "Span"]
