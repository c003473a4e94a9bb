"""onnxruntime, kept quiet without turning off anybody's log."""

from __future__ import annotations

import logging

from rag.embedding.runtime import without_advice


def said(pathname, level):
    return logging.LogRecord("root", level, pathname, 1, "said", (), None)


def test_only_the_advice_of_the_quantizer_is_dropped(caplog):
    with without_advice():
        logging.root.handle(said("/lib/onnxruntime/quantization/quantize.py", logging.WARNING))
        logging.root.handle(said("/lib/onnxruntime/quantization/quantize.py", logging.ERROR))
        logging.root.handle(said("/lab/experiment.py", logging.WARNING))
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]


def test_afterwards_the_log_is_as_it_was():
    before = list(logging.root.filters)
    with without_advice():
        pass
    assert logging.root.filters == before
