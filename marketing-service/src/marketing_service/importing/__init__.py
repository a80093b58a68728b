"""Customer files: spooled by the web process, checked and stored in chunks by the worker."""
