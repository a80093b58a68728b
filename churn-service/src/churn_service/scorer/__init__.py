"""Flat scoring functions compiled from the tables of a model document."""
