"""Plumbing of a Flask process; never names a business idea."""
