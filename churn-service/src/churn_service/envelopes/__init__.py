"""Envelopes: body to customers and predictions to body, one module per media type."""
