"""Sequences of operations that chance chose, done on our classes and on the standard library's.

Whatever the standard library does is right: results, exceptions and what can be seen of the state
afterwards have to be equal, step by step. The steps are shared out to threads that take turns, so that
both sides do the same in the same order. What differs on purpose is not among the steps; each time a
comment says why.
"""
