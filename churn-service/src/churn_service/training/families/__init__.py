"""Families of models that can be fitted, compared and compiled."""
