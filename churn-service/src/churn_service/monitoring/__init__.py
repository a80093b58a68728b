"""Watching the served model: drift, expected and matured performance."""
