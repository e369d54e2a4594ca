"""The workflows of GitHub Actions: checks, differences, deployments and releases."""
