"""Models from elsewhere, made versions of ours; their files are read and never run."""
