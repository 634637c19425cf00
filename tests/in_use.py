"""How much memory the process uses just now."""

from __future__ import annotations

import ctypes
import os


class Arenas(ctypes.Structure):
    """What `mallinfo2(3)` says: the bytes of blocks in use among it, those with a map apart."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("a", "b", "c", "d", "mapped", "f", "g", "in_use", "free", "top")
    ]


def allocated() -> int:
    """Bytes in use that native code asked for; 0 where the system does not say."""
    try:
        mallinfo = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return 0
    mallinfo.restype = Arenas
    arenas = mallinfo()
    return int(arenas.in_use + arenas.mapped)


def resident() -> int:
    """Bytes of memory in use by the process, as the system sees it; 0 where it does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return 0
