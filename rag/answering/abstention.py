"""Render an abstention from its reason, the hits and the filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag.query.filters import describe_filters
from rag.types import NO_FILTERS, Filters, Hit, Paper, Reason

NEAREST_SHOWN: Final = 3
# Cosine of a question with a passage. Of 24 off-topic questions of the question sets three have
# a paper that is nearer, of 8 for topics near those of the library six.
LEAST_SHOWN: Final = 0.22
NEAR_SHARE: Final = 0.85  # of the best score: other papers that the question may mean


@dataclass(frozen=True, slots=True)
class Abstention:
    """The text of an abstention, in parts.

    Attributes:
        why: The reason in words.
        lead: What introduces the nearest papers; empty when there are none.
        nearest: The nearest papers that pass the filters, best first.
    """

    why: str
    lead: str
    nearest: tuple[Paper, ...]

    @property
    def said(self) -> str:
        """The line above the nearest papers."""
        return f"{self.why} {self.lead}".rstrip()

    @property
    def markdown(self) -> str:
        """The whole text, the nearest papers as a list of links."""
        papers = "\n".join(f"- [{paper.title}]({paper.link})" for paper in self.nearest)
        return f"{self.said}\n\n{papers}".rstrip()


def describe_abstention(
    reason: Reason | None, hits: Sequence[Hit] = (), filters: Filters = NO_FILTERS
) -> Abstention:
    """Describe why a question is not answered, and name the papers that come nearest."""
    shown = _near(reason, hits)
    nearest = tuple(hit.paper for hit in shown)
    full = "Its full text may:" if len(nearest) == 1 else "Their full texts may:"
    is_one = len(nearest) == 1
    lead = full if reason == "not_in_abstract" else f"The nearest {'is' if is_one else 'are'}:"
    said = shown if reason == "not_in_abstract" else hits
    return Abstention(_describe_reason(reason, said, filters), lead if nearest else "", nearest)


def _near(reason: Reason | None, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Return the hits that are worth showing beside a reason, best first."""
    if reason == "not_in_abstract":
        best = max((hit.score for hit in hits), default=0.0)
        return [hit for hit in hits if hit.score >= NEAR_SHARE * best][:NEAREST_SHOWN]
    return [
        hit
        for hit in hits[:NEAREST_SHOWN]
        if hit.dense_similarity is None or hit.dense_similarity >= LEAST_SHOWN
    ]


def _describe_reason(reason: Reason | None, hits: Sequence[Hit], filters: Filters) -> str:
    if reason == "empty_library":
        return "This library holds no papers yet. Add some with `paperchat ingest FILE`."
    if reason == "another_language":
        return "Papers are searched in English only: please ask in English."
    if reason == "not_in_abstract" and len(hits) == 1:
        return f"The abstract of “{hits[0].paper.title}” does not say that."
    if reason == "not_in_abstract":
        return "The papers are here, but their abstracts do not say."
    if reason == "not_a_question_for_papers":
        return (
            "I answer questions about the papers in this library; "
            "ask me what they propose, find or compare."
        )
    return _describe_missing(hits, filters)


def _describe_missing(hits: Sequence[Hit], filters: Filters) -> str:
    if not filters:
        return "No paper in this library is about that."
    is_undated_out = filters.has_years and not filters.undated
    undated = " A paper without a known date passes no filter of years." if is_undated_out else ""
    passed = describe_filters(filters)
    if hits:
        return f"No paper that passes the filters ({passed}) is about that.{undated}"
    return f"No paper in this library passes the filters ({passed}).{undated}"
