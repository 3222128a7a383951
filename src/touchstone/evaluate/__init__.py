"""What predictions on labelled data are worth: metrics with their uncertainty, slices, shift, calibration, latency."""
