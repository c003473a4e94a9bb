"""Keep the memory of a server small."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from typing import Final

M_ARENA_MAX: Final = -8  # of glibc's malloc.h
ARENAS: Final = 2


def share_arenas() -> None:
    """Have all threads share two arenas, where glibc gives each one that it hardly gives back.

    With 8 people asking while 1,500 papers come in, a page then takes 590 MB instead of 700.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
