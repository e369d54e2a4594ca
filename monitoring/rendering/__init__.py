"""HTML reports as one self-contained file: templates, style sheet, charts, thumbnails, formatting.

Shared by the monitoring report and the reports of training.
"""
