"""Asks a running program what its threads are doing: `ironthread dump`, `stats` and `top`."""
