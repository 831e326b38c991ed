"""Memory that is kept instead of given back: a fresh large block costs a page fault for every 4 KiB of it.

A step of a small encoder asked the system for 18,000 pages anew; with glibc told to keep what it has, for none.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # malloc.h
_NEVER = 2**31 - 1
_GROW = 64 << 20


def keep_memory() -> bool:
    """Let the C library keep freed memory for the next step. True where it can be told (glibc)."""
    library = _glibc()
    if library is None:
        return False
    taken = 0
    for name, value in ((_MMAP_THRESHOLD, 1 << 30), (_TRIM_THRESHOLD, _NEVER), (_TOP_PAD, _GROW)):
        taken += library.mallopt(name, value)
    return taken == 3


def return_memory() -> None:
    """Give back what is free: a run is over."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL("libc.so.6")
        _ = library.mallopt, library.malloc_trim
    except (OSError, AttributeError):  # musl
        return None
    return library
