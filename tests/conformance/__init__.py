"""Runs CPython's own tests against ironthread's classes; see README.md."""
