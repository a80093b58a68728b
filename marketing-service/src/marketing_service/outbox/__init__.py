"""The outbox: what may happen to a target, and the sender that makes it happen."""
