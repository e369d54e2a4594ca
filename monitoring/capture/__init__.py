"""Reads SageMaker's Data Capture: any window, files of any size, lines in any state."""

from monitoring.capture.reader import CaptureObject, CaptureReader
from monitoring.capture.summary import CaptureSummary, ModelScores
from monitoring.capture.times import Span

__all__ = ["CaptureObject", "CaptureReader", "CaptureSummary", "ModelScores", "Span"]
