"""Programs that hang, that might, or that only look like it.

Each is run with "stuck" or with "cured", which is how such a thing is usually mended: then nothing may
be said. Lines that reports have to name are marked by a comment in brackets.
"""
