"""Channels that hand messages over, and the protocol they share."""
