"""Pages of other origins, in Chromium, against every port of a running stage."""
