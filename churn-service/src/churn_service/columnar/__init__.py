"""Whole columns of customers at once; optional, because it needs numpy."""
