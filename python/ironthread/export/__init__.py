"""Metrics for the libraries that a program exports its own with.

`ironthread.export.prometheus` and `ironthread.export.opentelemetry`; each needs its library. They
tell what `ironthread.serve_metrics()` does, and need the interpreter for it, which that does not.
"""
