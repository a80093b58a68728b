"""Figures of training: one module per part, each with `rows(full)`."""
