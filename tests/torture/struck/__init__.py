"""Threads that exceptions strike in the middle of whatever they do, and what must be whole afterwards.

`python -m torture.struck HOW HITS SCENE...`, in the directory of the tests.
"""
