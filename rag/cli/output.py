"""Print answers and search results as text in the terminal."""

from __future__ import annotations

from rag.answering.steps import describe_research
from rag.terminal import write_line
from rag.types import Answer, Filters, Hit


def write_answer(answer: Answer) -> None:
    """Print an answer: text, sources, and what limits it."""
    write_line(str(answer))
    if any(paper.is_summary for paper in answer.papers):
        write_line(
            "\nThe texts are summaries written for paperchat; follow the links for the papers."
        )
    if answer.filters and answer.status == "answered":
        write_line(f"\n{_filters_line(answer.filters)}")
    if answer.notice:
        write_line(f"\n{answer.notice}")
    if answer.research:
        write_line(f"\n{describe_research(answer.research)}")


def _filters_line(filters: Filters) -> str:
    from rag.query.filters import describe_filters

    return f"Only papers {describe_filters(filters)}."


def write_hits(hits: list[Hit], filters: Filters) -> None:
    """Print a line for each retrieved paper with its scores; first the filters."""
    if filters:
        write_line(_filters_line(filters))
    for place, hit in enumerate(hits, start=1):
        parts = [f"score {hit.score:.2f}"]
        if hit.dense_similarity is not None:
            parts.append(f"similarity {hit.dense_similarity:.2f}")
        if hit.lexical_score is not None:
            parts.append(f"words {hit.lexical_score:.1f}")
        write_line(f"{place:>3}. {hit.paper.title}", hang=3)
        write_line(f"     {', '.join(parts)}  {hit.paper.link}")
        if hit.paper.retraction:
            write_line(f"     {hit.paper.retraction}")
