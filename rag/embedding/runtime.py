"""Load onnxruntime so that it keeps nothing about whoever runs it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


def load_runtime() -> ModuleType:
    """Import onnxruntime without its telemetry.

    It looks at the environment while it is imported, and leaves a database and a device's id in
    the user's cache folder when it is told only afterwards.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    runtime: ModuleType = onnxruntime
    return runtime


@contextmanager
def without_advice() -> Iterator[None]:
    """Drop what the quantizer writes to the root logger, and nothing else, for the time being."""
    logging.root.addFilter(_is_not_advice)
    try:
        yield
    finally:
        logging.root.removeFilter(_is_not_advice)


def _is_not_advice(record: logging.LogRecord) -> bool:
    is_advice = record.levelno <= logging.WARNING and "onnxruntime" in record.pathname
    return not is_advice
