"""Programs that score an export in a runtime of others, each run by its own Python."""
