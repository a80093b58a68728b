"""The HTTP API: routes by noun; each translates a request, asks the store, answers."""
