"""List the metrics: their labels, which way is better, and which ones gate a build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as reports show it.

    Attributes:
        name: The key in `scores`.
        label: Its name in a report.
        better: Which way is better; `neither` for a description.
        about: A sentence on what it measures.
    """

    name: str
    label: str
    better: Better
    about: str


RECALL_AT: Final = (1, 2, 3, 5, 10, 20)
HIT_AT: Final = (1, 5, 10)

_RETRIEVAL: Final = (
    Metric("mrr", "MRR", "higher", "1 / rank of the first relevant paper"),
    Metric("map", "MAP", "higher", "average precision of the ranking"),
    Metric("ndcg@10", "nDCG@10", "higher", "discounted gain of the first ten over the best"),
    *(Metric(f"hit@{k}", f"hit@{k}", "higher", f"a relevant paper in the top {k}") for k in HIT_AT),
    *(
        Metric(f"recall@{k}", f"recall@{k}", "higher", f"relevant papers found in the top {k}")
        for k in RECALL_AT
    ),
    Metric("recall@100", "recall@100", "higher", "relevant papers found in the top 100"),
    Metric("precision@5", "precision@5", "higher", "relevant share of the top 5"),
)
_ANSWERS: Final = (
    Metric("context_precision", "context precision", "higher", "relevant papers handed over first"),
    Metric("context_recall", "context recall", "higher", "needed facts in the papers handed over"),
    Metric(
        "passage_recall", "passage recall", "higher", "needed facts in each paper's best passage"
    ),
    Metric("must_mention", "facts mentioned", "higher", "needed facts that the answer mentions"),
    Metric("lead_facts", "facts first", "higher", "needed facts in the first two sentences"),
    Metric("right_kind", "right kind", "higher", "from abstracts, records or neither, as asked"),
    Metric("right_reference", "right reference", "higher", "about the papers that are pointed at"),
    Metric("dangling", "dangling starts", "lower", "paragraphs that lean on what is not there"),
    Metric("gold_citation_precision", "cited papers right", "higher", "cited papers that answer"),
    Metric(
        "gold_citation_recall", "right papers cited", "higher", "answering papers that are cited"
    ),
    Metric(
        "citation_recall", "citation recall", "higher", "statements that their citations support"
    ),
    Metric("citation_precision", "citation precision", "higher", "citations that help to support"),
    Metric("model_answered", "answered by the model", "higher", "answerable ones that it answered"),
    Metric("model_facts", "facts in its answers", "higher", "needed facts in what it wrote"),
    Metric(
        "model_precision",
        "its citation precision",
        "higher",
        "its citations that help to support",
    ),
    Metric("true_kept", "true claims kept", "higher", "references that pass verification"),
    Metric(
        "foreign_kept", "foreign claims kept", "lower", "other questions' references that pass too"
    ),
    Metric("true_supported", "true claims supported", "higher", "references shown as supported"),
    Metric(
        "perturbed_supported",
        "perturbed claims supported",
        "lower",
        "references made false by rule that are shown as supported",
    ),
    Metric("quote_exactness", "quotes exact", "higher", "quotes that stand so in the abstract"),
    Metric("false_abstention", "false abstentions", "lower", "answerable questions not answered"),
    Metric("abstention_recall", "abstention recall", "higher", "unanswerable ones not answered"),
    Metric("abstention_precision", "abstention precision", "higher", "abstentions that were right"),
    Metric("brier", "Brier score", "lower", "squared error of the confidence"),
    Metric("faithfulness", "faithfulness (judge)", "higher", "what is said stands in the papers"),
    Metric("relevance", "relevance (judge)", "higher", "the answer addresses the question"),
    Metric("correctness", "correctness (judge)", "higher", "the answer agrees with the reference"),
    Metric("failed", "failed", "lower", "questions that ended with an error"),
    Metric("words", "words", "neither", "length of the answer"),
)
_CLAIMS: Final = (
    Metric("auroc", "AUROC", "higher", "supported claims score above those that nothing tells of"),
    Metric("rationale_hit@1", "rationale hit@1", "higher", "best sentence is a rationale"),
    Metric("rationale_hit@3", "rationale hit@3", "higher", "a rationale among the best three"),
    Metric("claim_recall", "support seen", "higher", "supported claims with that verdict"),
    Metric("false_support", "false support", "lower", "other claims with that verdict"),
)

METRICS: Final = {metric.name: metric for metric in (*_RETRIEVAL, *_ANSWERS, *_CLAIMS)}

# Slices and metrics that gate a build, corrected for multiple testing (Holm).
GATED: Final = (
    ("all", "mrr"),
    ("all", "ndcg@10"),
    ("all", "recall@10"),
    ("later turns", "mrr"),
    ("all", "context_recall"),
    ("all", "passage_recall"),
    ("all", "must_mention"),
    ("all", "lead_facts"),
    ("all", "right_kind"),
    ("all", "right_reference"),
    ("all", "dangling"),
    ("all", "gold_citation_precision"),
    ("all", "gold_citation_recall"),
    ("all", "citation_recall"),
    ("all", "citation_precision"),
    ("all", "true_kept"),
    ("all", "foreign_kept"),
    ("all", "true_supported"),
    ("all", "perturbed_supported"),
    ("all", "quote_exactness"),
    ("all", "false_abstention"),
    ("all", "abstention_recall"),
    ("all", "brier"),
    ("all", "failed"),
)


def metric_of(name: str) -> Metric:
    """Return the metric of a name; an unlisted one is a description."""
    return METRICS.get(name) or Metric(name, name, "neither", "")
