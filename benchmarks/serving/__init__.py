"""The figures of serving, ours beside rivals and limits, as `make bench-serving` prints them."""
