"""Decide who gets which offer, and judge what it did: arithmetic without I/O."""
