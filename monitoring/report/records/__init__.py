"""What a report is made from: photos, figures, windows, history."""
