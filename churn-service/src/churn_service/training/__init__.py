"""Train a model from a table of customers; never imported by serving code."""
