"""Measurements of the tree; they are no part of any service."""
