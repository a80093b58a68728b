"""Rivals: other servers, each in an environment of its own, made by the bench."""
