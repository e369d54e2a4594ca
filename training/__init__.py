"""Data, model, training, calibration, evaluation and export; `serving/` is the container.

ONNX Runtime reports usage to its maker by default: it stores a device id in the user's home and
sends it with the path of the Python executable. It reads the variable below while it is imported,
and its own `disable_telemetry_events()` is too late. Every import of it is in this package, so the
variable is set before each of them; a test holds both.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
