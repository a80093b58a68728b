"""The files of a trained model version: data only, hashed, replayed on load."""
