"""Multiply small matrices without waking a second thread."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Multiplications up to which OpenBLAS stays on one thread. So small a product gains nothing from
# more, and waits for them where other processes use the cores: 11 ms a search instead of 0.6.
ONE_THREAD: Final = 262_144


def multiply(rows: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the products of each row with each of the others, shape (rows, others)."""
    step = max(1, ONE_THREAD // max(1, others.size))
    starts = range(0, max(1, len(rows)), step)
    return np.concatenate([rows[start : start + step] @ others.T for start in starts])
