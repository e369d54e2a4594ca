"""Data, model, training, calibration, evaluation and export; `serving/` is the container."""
