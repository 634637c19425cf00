"""For tests of programs that use threads: a plugin of pytest, `pytest --ironthread`."""
