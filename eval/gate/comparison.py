"""Compare two runs question by question, and tell whether a gated metric is significantly worse.

Paired bootstrap over the same questions; p values of the gated metrics are corrected for multiple
testing (Holm), so a build rarely fails by chance, and identical runs never do. A metric that
differs at so few questions that it could not be significant is not tested (Tarone 1990).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from eval.data.records import Record, read_records
from eval.metrics.catalogue import GATED, Metric, metric_of
from eval.metrics.statistics import Effect, holm, paired_bootstrap
from eval.run.asking import ANSWERS
from eval.run.summary import Row, Summary, read_summary, write_summary
from rag.errors import ConfigurationError, SourceError

SIGNIFICANT: Final = 0.05
FEWEST_DIFFERING: Final = 6  # five that are all worse have p = 2 / 2**5 > 0.05 in a sign test
NOISE: Final = 1e-4  # smaller differences of a score occur between machines
LEAST_DIFFERENCE: Final = 5e-4  # of means; less is invisible in the three digits of a report
BASELINE: Final = (
    Path(__file__).parents[1] / "baseline.json"
)  # the summary that a build is compared with
Outcome = Literal["worse", "better", "no difference"]


@dataclass(frozen=True, slots=True)
class Compared:
    """A metric of two runs.

    Attributes:
        slice: The questions it is over.
        is_gated: Whether a loss here fails the comparison.
        p: Two-sided; corrected for all gated metrics where it is one.
        outcome: Of the second run against the first; `no difference` where it is not significant.
    """

    slice: str
    metric: Metric
    effect: Effect
    is_gated: bool
    p: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose gated metrics differ, and by how much; above 0 is better."""

    key: str
    change: float
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs compared; the first is the reference."""

    shared: int
    only_first: int
    only_second: int
    metrics: tuple[Compared, ...]
    changes: tuple[Change, ...]
    differences: tuple[str, ...]

    @property
    def losses(self) -> tuple[Compared, ...]:
        """The gated metrics that are significantly worse."""
        return tuple(m for m in self.metrics if m.is_gated and m.outcome == "worse")


def compare(first: Summary, second: Summary) -> Comparison:
    """Compare the second run with the first, over the questions that both have.

    Raises:
        SourceError: They share no question.
    """
    ours, theirs = ({row.key: row for row in run.rows} for run in (first, second))
    shared = [key for key in ours if key in theirs]
    if not shared:
        raise SourceError("The two runs have no question in common.")
    pairs = [(ours[key], theirs[key]) for key in shared]
    return Comparison(
        shared=len(shared),
        only_first=len(ours) - len(shared),
        only_second=len(theirs) - len(shared),
        metrics=tuple(_compared(pairs)),
        changes=tuple(_changes(pairs)),
        differences=tuple(_differences(first, second)),
    )


Kept = Mapping[str, Record]


def compare_runs(paths: Sequence[Path]) -> tuple[Comparison, Kept, Kept]:
    """Compare two runs on disk, or one with the baseline; return also their records by key.

    Raises:
        SourceError: One is no run, or they share no question.
    """
    first, second = paths if len(paths) == 2 else (_baseline(), *paths)
    comparison = compare(read_summary(first), read_summary(second))
    return comparison, _records(first), _records(second)


def _baseline() -> Path:
    if not BASELINE.exists():
        raise SourceError(
            "No baseline is kept yet. Make one by `paperchat eval run --keep`, or name two runs."
        )
    return BASELINE


def keep_baseline(summary: Summary) -> None:
    """Make a run the baseline for later ones.

    Raises:
        ConfigurationError: paperchat is installed where nothing can be written.
    """
    try:
        write_summary(BASELINE, summary)
    except OSError as exc:
        raise ConfigurationError(
            f"The baseline {str(BASELINE)!r} cannot be written: {exc.strerror}. It lies beside the "
            "code, so keep one from a working copy."
        ) from exc


def _records(path: Path) -> Kept:
    if not path.is_dir():
        return {}
    return {record.key: record for record in read_records(path / ANSWERS)}


Pairs = Sequence[tuple[Row, Row]]


def _compared(pairs: Pairs) -> Iterator[Compared]:
    """Yield the gated metrics first, then the others over all questions."""
    gated = _effects(pairs, GATED)
    moved = [(name, metric) for name, metric, _ in gated if _can_fail(pairs, name, metric)]
    tested = [effect.p for name, metric, effect in gated if (name, metric) in moved]
    corrected = dict(zip(moved, holm(tested), strict=True))
    for name, metric, effect in gated:
        yield _judged(name, metric, effect, corrected.get((name, metric), 1.0), is_gated=True)
    for name, metric, effect in _effects(pairs, _others(pairs)):
        yield _judged(name, metric, effect, effect.p, is_gated=False)


def _others(pairs: Pairs) -> list[tuple[str, str]]:
    names = dict.fromkeys(name for pair in pairs for row in pair for name in row.scores)
    return [("all", name) for name in names if ("all", name) not in GATED]


def _effects(pairs: Pairs, wanted: Iterable[tuple[str, str]]) -> list[tuple[str, str, Effect]]:
    """Return the effects on metrics of slices, where both runs have scores."""
    found = ((name, metric, _effect(pairs, name, metric)) for name, metric in wanted)
    return [(name, metric, effect) for name, metric, effect in found if effect]


def _can_fail(pairs: Pairs, slice_name: str, metric: str) -> bool:
    """Return whether a metric differs in enough clusters to be significant."""
    differing = {
        a.cluster
        for a, b in pairs
        if slice_name in a.slices and not _is_same(a.scores.get(metric), b.scores.get(metric))
    }
    return len(differing) >= FEWEST_DIFFERING


def _is_same(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return first is second
    return abs(first - second) < NOISE


def _effect(pairs: Pairs, slice_name: str, metric: str) -> Effect | None:
    chosen = [(a, b) for a, b in pairs if slice_name in a.slices]
    return paired_bootstrap(
        [a.scores.get(metric) for a, _ in chosen],
        [b.scores.get(metric) for _, b in chosen],
        [a.cluster for a, _ in chosen],
    )


def _judged(name: str, metric: str, effect: Effect, p: float, *, is_gated: bool) -> Compared:
    known = metric_of(metric)
    outcome: Outcome = "no difference"
    is_sure = p < SIGNIFICANT and abs(effect.difference) >= LEAST_DIFFERENCE
    if is_sure and known.better != "neither":
        is_gain = (effect.difference > 0) == (known.better == "higher")
        outcome = "better" if is_gain else "worse"
    return Compared(name, known, effect, is_gated, p, outcome)


def _changes(pairs: Pairs) -> list[Change]:
    """Return the questions that differ, the most changed first."""
    changes = [_change(a, b) for a, b in pairs]
    differing = [change for change in changes if change.metrics]
    return sorted(differing, key=lambda change: (-abs(change.change), change.key))


def _change(first: Row, second: Row) -> Change:
    names = dict.fromkeys(metric for _, metric in GATED)
    gains = {name: _gain(name, first, second) for name in names}
    moved = {name: gain for name, gain in gains.items() if gain}
    return Change(first.key, sum(moved.values()), tuple(moved))


def _gain(metric: str, first: Row, second: Row) -> float:
    a, b = first.scores.get(metric), second.scores.get(metric)
    if a is None or b is None or _is_same(a, b):
        return 0.0
    return b - a if metric_of(metric).better == "higher" else a - b


def _differences(first: Summary, second: Summary) -> Iterator[str]:
    """List differences in how the two runs were made, as `name: first -> second`."""
    ours, theirs = first.provenance, second.provenance
    for name in ("system", "mode", "judge", "corpus", "questions", "code"):
        yield from _differing({name: getattr(ours, name)}, {name: getattr(theirs, name)})
    for group in ("settings", "prompts", "versions"):
        yield from _differing(getattr(ours, group), getattr(theirs, group))


def _differing(first: Mapping[str, object], second: Mapping[str, object]) -> Iterator[str]:
    for name in dict.fromkeys([*first, *second]):
        one, other = (str(each.get(name)) for each in (first, second))
        if one != other:
            yield f"{name}: {one} -> {other}"
