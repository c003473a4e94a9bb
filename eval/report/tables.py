"""Build the tables of a report, as strings; renderers decide how they look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eval.data.records import Record
from eval.gate.comparison import Comparison
from eval.metrics.catalogue import metric_of
from eval.metrics.formulas import abstention_precision
from eval.run.asking import failures
from eval.run.summary import Mean, Summary

NOTHING: Final = "–"
HEADLINE: Final = (
    "mrr",
    "ndcg@10",
    "recall@10",
    "recall@100",
    "must_mention",
    "gold_citation_precision",
    "gold_citation_recall",
    "citation_recall",
    "citation_precision",
    "quote_exactness",
    "true_kept",
    "foreign_kept",
    "true_supported",
    "perturbed_supported",
    "false_abstention",
    "abstention_recall",
    "abstention_precision",
    "brier",
    "faithfulness",
    "relevance",
    "correctness",
    "auroc",
    "rationale_hit@1",
    "rationale_hit@3",
    "claim_recall",
    "false_support",
)
BY_SLICE: Final = (
    "mrr",
    "hit@5",
    "recall@10",
    "must_mention",
    "gold_citation_precision",
    "gold_citation_recall",
    "citation_recall",
    "false_abstention",
    "abstention_recall",
    "auroc",
    "rationale_hit@1",
    "rationale_hit@3",
    "claim_recall",
    "false_support",
)


OF_MODEL: Final = (
    *("model_answered", "model_facts", "model_precision"),
    *("abstention_recall", "false_abstention"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A head and rows of equal length; all columns but the first hold figures."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def figure(mean: Mean | None) -> str:
    """Format a mean, or a dash."""
    return NOTHING if mean is None else f"{mean.mean:.3f}"


def interval(mean: Mean | None) -> str:
    """Format the 95 % interval of a mean, or a dash."""
    if mean is None or mean.low is None or mean.high is None:
        return NOTHING
    return f"{mean.low:.3f} to {mean.high:.3f}"


def headline(summary: Summary, last: Summary | None) -> Table:
    """Return the main metrics over all questions, beside the last run and the baselines."""
    metrics = [name for name in HEADLINE if summary.mean("all", name)]
    head = ["metric", summary.provenance.system, "95 % interval", "questions"]
    head += ["last run"] if last else []
    rows = []
    for name in metrics:
        mean = summary.mean("all", name)
        row = [_label(name), figure(mean), interval(mean), str(mean.n if mean else 0)]
        row += [figure(last.mean("all", name))] if last else []
        row += [figure(slices.get("all", {}).get(name)) for slices in summary.baselines.values()]
        rows.append(tuple(row))
    return Table("All questions", (*head, *summary.baselines), tuple(rows))


def _label(name: str) -> str:
    metric = metric_of(name)
    return metric.label + (" ↓" if metric.better == "lower" else "")


def by_slice(summary: Summary) -> Table:
    """Return some metrics by type and kind of question."""
    metrics = [m for m in BY_SLICE if any(m in means for means in summary.slices.values())]
    sizes = Counter(name for row in summary.rows for name in row.slices)
    rows = tuple(
        (slice_label(name), str(sizes[name]), *(figure(means.get(m)) for m in metrics))
        for name, means in summary.slices.items()
    )
    return Table("By slice", ("slice", "n", *(_label(m) for m in metrics)), rows)


def every_metric(summary: Summary) -> Table:
    """Return all metrics over all questions, each with what it measures."""
    means = summary.slices.get("all", {})
    rows = tuple(
        (_label(name), figure(mean), interval(mean), str(mean.n), metric_of(name).about)
        for name, mean in means.items()
    )
    head = ("metric", "mean", "95 % interval", "questions", "what it says")
    return Table("Every metric", head, rows)


def abstention(summary: Summary) -> Table:
    """Return abstentions by kind of unanswerable question, and those on answerable ones.

    The precision of a kind is taken over the abstentions on it and on answerable questions.
    """
    answerable = [r for r in summary.rows if "false_abstention" in r.scores]
    wrong = sum(row.scores["false_abstention"] for row in answerable)
    rows = []
    for name, means in summary.slices.items():
        mean = means.get("abstention_recall")
        if mean and name != "all":
            precision = abstention_precision(mean.mean * mean.n, wrong)
            precision_text = NOTHING if precision is None else f"{precision:.3f}"
            rows.append(
                (slice_label(name), str(mean.n), figure(mean), interval(mean), precision_text)
            )
    mean = summary.mean("all", "false_abstention")
    if rows and mean:
        rows.append(("answerable", str(mean.n), figure(mean), interval(mean), NOTHING))
    head = ("questions", "n", "abstained", "95 % interval", "precision")
    return Table("Abstention by kind", head, tuple(rows))


def by_model(summary: Summary) -> Table:
    """Return how a language model did: how often it answered, how well, how often it refused."""
    if summary.mean("all", "model_answered") is None:
        return Table("The model", (), ())
    seconds = summary.latency.get("writing")
    rows = []
    for name, means in summary.slices.items():
        figures = [figure(means.get(metric)) for metric in OF_MODEL]
        took = f"{seconds.p50 / 1000:.1f}" if seconds and name == "all" else NOTHING
        rows.append((slice_label(name), *figures, took))
    head = ("questions", *(_label(metric) for metric in OF_MODEL), "seconds, median")
    return Table(f"Answers of {summary.provenance.mode}", head, tuple(rows))


def slice_label(name: str) -> str:
    """Return the name of a slice in a report; kinds follow a dot."""
    return name.replace("kind:", "· ").replace("_", " ")


def published(summary: Summary) -> Table:
    """Return published figures for the same collection, beside those measured here."""
    rows = [
        (each.system, metric_of(each.metric).label, f"{each.value:.3f}", each.source)
        for each in summary.published
    ]
    for metric in dict.fromkeys(each.metric for each in summary.published):
        ours = figure(summary.mean("all", metric))
        rows.insert(0, (summary.provenance.system, metric_of(metric).label, ours, "this run"))
    return Table(
        "Published for this collection", ("system", "metric", "value", "source"), tuple(rows)
    )


def latency(summary: Summary) -> Table:
    """Return milliseconds by stage."""
    rows = tuple(
        (stage, f"{each.p50:.1f}", f"{each.p95:.1f}", str(each.n))
        for stage, each in summary.latency.items()
    )
    return Table("Latency, milliseconds", ("stage", "p50", "p95", "n"), rows)


def calibration(summary: Summary) -> Table:
    """Return the confidence of answers, and how often they cited a paper that answers."""
    rows = tuple(
        (f"{b.low:.1f} to {b.high:.1f}", str(b.count), f"{b.confidence:.3f}", f"{b.accuracy:.3f}")
        for b in summary.bins
    )
    return Table("Confidence", ("bin", "answers", "mean confidence", "share right"), rows)


def made_with(summary: Summary) -> Table:
    """Return settings, versions and hashes."""
    p = summary.provenance
    values = {
        "run": summary.created,
        "set": summary.name,
        "mode": p.mode,
        "judge": p.judge or "none",
        "papers": str(p.papers),
        "corpus": p.corpus,
        "questions": p.questions,
        "code": p.code,
        "commit": p.commit or "unknown",
    }
    values |= {f"setting {name}": value for name, value in p.settings.items()}
    values |= {f"prompt {name}": value for name, value in p.prompts.items()}
    values |= {f"version of {name}": value for name, value in p.versions.items()}
    return Table("Made with", ("what", "value"), tuple(values.items()))


def usage_line(summary: Summary) -> str:
    """Return a sentence on the length and cost of answers."""
    used = summary.usage
    line = f"{used.words:.0f} words an answer"
    if used.prompt_tokens:
        line += f", {used.prompt_tokens:,} tokens read and {used.completion_tokens:,} written"
    if used.cost is not None:
        line += f", cost {used.cost:.4f}"
    return line


def notes(summary: Summary, records: Sequence[Record]) -> list[str]:
    """Return what limits the figures."""
    lines = []
    if summary.failed:
        first = next(failures(records), None)
        why = f", the first: {first.key}: {first.error}" if first else ""
        lines.append(f"{summary.failed} of {summary.questions} questions failed{why}")
    if summary.unknown_papers:
        lines.append(
            f"{summary.unknown_papers} questions name papers that the library does not hold; "
            "they count as not found"
        )
    unread = sum(v.score is None for r in records for v in r.judged.values())
    if unread:
        lines.append(f"{unread} of the judge's replies could not be read and are not scored")
    return lines


def badness(record: Record) -> float:
    """Return how badly a question was answered, to sort by; 0 when nothing is wrong."""
    if record.error:
        return 10.0
    s = record.scores
    missed = 1 - s.get("gold_citation_recall", s.get("mrr", 1.0))
    unsupported = 1 - s.get("citation_recall", 1.0)
    lacking = 1 - s.get("must_mention", 1.0)
    wrongly = s.get("false_abstention", 0.0) + (1 - s.get("abstention_recall", 1.0))
    return round(2 * wrongly + 2 * missed + unsupported + lacking, 4)


def compared(comparison: Comparison) -> Table:
    """Return the metrics of two runs; the gated ones first."""
    rows = tuple(
        (
            ("● " if m.is_gated else "  ") + _label(m.metric.name) + _of(m.slice),
            f"{m.effect.first:.3f}",
            f"{m.effect.second:.3f}",
            f"{m.effect.difference:+.3f}",
            f"{m.effect.low:+.3f} to {m.effect.high:+.3f}",
            f"{m.p:.4f}",
            m.outcome,
        )
        for m in comparison.metrics
    )
    head = ("metric", "first", "second", "difference", "95 % interval", "p", "outcome")
    return Table("Second run against the first", head, rows)


def _of(slice_name: str) -> str:
    return "" if slice_name == "all" else f", {slice_name}"
