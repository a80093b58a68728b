"""Whom do we write to, with what, and did it help?"""
