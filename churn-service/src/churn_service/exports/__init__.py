"""Exports: a model written for another runtime, with the scores it has here."""
