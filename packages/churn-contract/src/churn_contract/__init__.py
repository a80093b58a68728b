"""The words that both services share."""
