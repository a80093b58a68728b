"""Bulk jobs: files too large for one answer, scored beside the requests."""
