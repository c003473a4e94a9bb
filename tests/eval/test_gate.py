"""The gate finds deliberate faults over real papers, names the metric, and lets a log line pass."""

from __future__ import annotations

import pytest

from eval import Options, compare, evaluate
from rag.settings import Settings
from rag.starter import starter_file
from tests.bench.gate import FAULTS, Bench, draw, is_right

BY_NAME = {fault.name: fault for fault in FAULTS}
BY_WORDS = [name for name in BY_NAME if not name.startswith("dense")]
SEED = 1


@pytest.fixture(scope="module")
def by_words(tmp_path_factory):
    """A bench without an embedder: its libraries are filled in a second."""
    with starter_file() as starter:
        settings = Settings(embedder="none", llm="extractive")
        yield Bench(tmp_path_factory.mktemp("bench"), settings, [starter])


@pytest.mark.parametrize("name", BY_WORDS)
def test_a_fault_is_named_by_its_metric_and_a_log_line_is_none(by_words, name):
    fault = BY_NAME[name]
    code, named = by_words.compare(fault, draw(12 if fault.with_model else 40, SEED))
    assert is_right(fault, code, named), (code, named)


def test_retrieval_without_words_is_found_out(starter):
    samples = [sample for sample in draw(110, SEED) if sample.type != "unanswerable"]
    changed = starter.settings.model_copy(update={"dense_weight": 1.0})
    searched = Options(answers=False, workers=2)
    sound, dense = (
        evaluate(library, samples, options=searched).summary
        for library in (starter, starter.with_settings(changed))
    )
    assert {"mrr", "ndcg@10"} <= {loss.metric.name for loss in compare(sound, dense).losses}
