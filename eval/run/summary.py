"""Summarise a run: means with intervals by slice, calibration, latency, and the raw scores."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.data.records import Record
from eval.metrics.formulas import expected_calibration_error, reliability_bins
from eval.metrics.statistics import bootstrap_mean
from eval.run.provenance import Provenance
from eval.run.scores import Gold, is_right
from rag.errors import SourceError

SUMMARY: Final = "summary.json"
FORMAT: Final = 1


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Mean(_Stored):
    """A mean over n questions with its 95 % interval, where there are enough for one."""

    mean: float
    low: float | None = None
    high: float | None = None
    n: int


class Row(_Stored):
    """The scores of one question."""

    key: str
    cluster: str
    slices: tuple[str, ...]
    scores: dict[str, float]


class BinRow(_Stored):
    """Answers of similar confidence."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


class Latency(_Stored):
    """Milliseconds of a stage."""

    p50: float
    p95: float
    n: int


class Usage(_Stored):
    """Words, tokens and cost of the answers.

    `cost` is in the currency of the given price, else as the answers record it; None without
    either.
    """

    words: float
    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None


class Price(_Stored):
    """The price of a million tokens."""

    prompt: float
    completion: float


class Published(_Stored):
    """A published figure for a collection."""

    system: str
    metric: str
    value: float
    source: str


Slices = dict[str, dict[str, Mean]]


class Summary(_Stored):
    """A run in figures; `rows` allow comparing it with another question by question."""

    format: int = FORMAT
    name: str
    created: str
    provenance: Provenance
    questions: int
    failed: int
    unknown_papers: int
    slices: Slices
    ece: float | None
    bins: tuple[BinRow, ...]
    latency: dict[str, Latency]
    usage: Usage
    baselines: dict[str, Slices] = {}
    published: tuple[Published, ...] = ()
    rows: tuple[Row, ...]

    def mean(self, slice_name: str, metric: str) -> Mean | None:
        """Return a mean, or None when it was not measured."""
        return self.slices.get(slice_name, {}).get(metric)


def summarise(
    records: Sequence[Record],
    provenance: Provenance,
    *,
    name: str,
    created: str,
    known_papers: Iterable[str] = (),
    price: Price | None = None,
) -> Summary:
    """Return the summary of a run's records."""
    rows = as_rows(records)
    known = frozenset(known_papers)
    confidences, outcomes = _calibration(records)
    bins = reliability_bins(confidences, outcomes)
    return Summary(
        name=name,
        created=created,
        provenance=provenance,
        questions=len(records),
        failed=sum(record.error is not None for record in records),
        unknown_papers=sum(not known.issuperset(record.papers) for record in records),
        slices=slice_means(rows),
        ece=expected_calibration_error(bins) if bins else None,
        bins=tuple(BinRow.model_validate(each, from_attributes=True) for each in bins),
        latency=_latency(records),
        usage=_usage(records, price),
        rows=rows,
    )


def as_rows(records: Iterable[Record]) -> tuple[Row, ...]:
    """Return only the scores of records."""
    return tuple(
        Row(key=each.key, cluster=each.cluster, slices=each.slices, scores=each.scores)
        for each in records
    )


def slice_means(rows: Sequence[Row]) -> Slices:
    """Return the mean of every metric by slice, slices and metrics in order of occurrence."""
    names = list(dict.fromkeys(name for row in rows for name in row.slices))
    return {name: _means([row for row in rows if name in row.slices]) for name in names}


def _means(rows: Sequence[Row]) -> dict[str, Mean]:
    metrics = dict.fromkeys(metric for row in rows for metric in row.scores)
    clusters = [row.cluster for row in rows]
    found = {
        metric: bootstrap_mean([row.scores.get(metric) for row in rows], clusters)
        for metric in metrics
    }
    return {
        metric: Mean.model_validate(interval, from_attributes=True)
        for metric, interval in found.items()
        if interval is not None
    }


def _calibration(records: Iterable[Record]) -> tuple[list[float], list[bool]]:
    """Return confidence and outcome of every answer."""
    given = [(r, r.answer) for r in records if r.answer and r.answer.status == "answered"]
    outcomes = [
        is_right([c.paper_id for c in answer.citations], Gold(dict.fromkeys(record.papers, 1.0)))
        for record, answer in given
    ]
    return [answer.confidence for _, answer in given], outcomes


def _latency(records: Iterable[Record]) -> dict[str, Latency]:
    stages: dict[str, list[float]] = {}
    for record in records:
        for stage, milliseconds in record.timings.items():
            stages.setdefault(stage, []).append(milliseconds)
    return {
        stage: Latency(p50=_quantile(values, 0.5), p95=_quantile(values, 0.95), n=len(values))
        for stage, values in stages.items()
    }


def _quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def _usage(records: Iterable[Record], price: Price | None) -> Usage:
    answers = [record.answer for record in records if record.answer]
    words = [len(answer.markdown.split()) for answer in answers if answer.status == "answered"]
    prompt = sum(answer.prompt_tokens for answer in answers)
    completion = sum(answer.completion_tokens for answer in answers)
    costs = [answer.cost for answer in answers if answer.cost is not None]
    cost = sum(costs) if costs else None
    if price:
        cost = (price.prompt * prompt + price.completion * completion) / 1e6
    return Usage(
        words=round(fmean(words), 1) if words else 0.0,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=cost,
    )


def with_baselines(summary: Summary, baselines: Mapping[str, Slices]) -> Summary:
    """Return the summary with the means of baselines."""
    return summary.model_copy(update={"baselines": dict(baselines)})


def read_summary(path: Path) -> Summary:
    """Read the summary in a file, or of a run's folder.

    Raises:
        SourceError: There is none, or it was written in another format.
    """
    file = path / SUMMARY if path.is_dir() else path
    try:
        summary = Summary.model_validate_json(file.read_text(encoding="utf-8"))
    except OSError as exc:
        raise SourceError(
            f"{str(path)!r} is no run: it has no {SUMMARY}. An interrupted run is taken up by "
            "the same command with the same --out."
        ) from exc
    except (ValidationError, UnicodeDecodeError) as exc:
        raise SourceError(f"{str(file)!r} is no summary of a run: {exc}") from exc
    if summary.format != FORMAT:
        raise SourceError(f"{str(file)!r} has format {summary.format}; understood is {FORMAT}.")
    return summary


def write_summary(path: Path, summary: Summary) -> None:
    """Write the summary into a file or a run's folder; the scores of a question on one line."""
    whole = json.loads(summary.model_dump_json())
    rows = [json.dumps(row, ensure_ascii=False) for row in whole.pop("rows")]
    head = json.dumps(whole, ensure_ascii=False, indent=1).removesuffix("\n}")
    text = f'{head},\n "rows": [\n  ' + ",\n  ".join(rows) + "\n ]\n}\n"
    file = path / SUMMARY if path.is_dir() else path
    file.write_text(text, encoding="utf-8")
