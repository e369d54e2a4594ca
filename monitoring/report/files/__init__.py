"""Third stage: the files of a report. Equal reports give equal bytes."""
