"""Tell in words what is being done for a thorough answer, and what was."""

from __future__ import annotations

from typing import Final

from rag.types import Answer, Research, SearchKind

KINDS: Final[dict[SearchKind, str]] = {
    "question": "the question",
    "rewording": "in other words",
    "keywords": "keywords",
    "sentence": "what an abstract may say",
    "gap": "what was missing",
    "feedback": "like the best paper",
}
LIMITS: Final = {
    "tokens": "The tokens for it were used up (RAG_THOROUGH_TOKENS).",
    "seconds": "The time for it was used up (RAG_THOROUGH_S).",
}


def describe_step(answer: Answer) -> str | None:
    """Return what is being done for a draft, where that is a step of its research; else None."""
    research = answer.research
    if research is None:
        return None
    if answer.stage == "planning":
        return "Planning what to search for…"
    if answer.stage == "choosing":
        return "Choosing among the papers found…"
    if answer.stage == "searching":
        last = research.searches[-1]
        missing = "what is missing: " if last.kind == "gap" else ""
        return f"Searching for {missing}“{last.text}”…"
    return None


def describe_research(research: Research) -> str:
    """Return in a line what was done: searches, calls, seconds, and what there was no more of."""
    searches, calls = len(research.searches), research.calls
    parts = [f"{searches} search{'' if searches == 1 else 'es'}"]
    if calls:
        parts.append(f"{calls} call{'' if calls == 1 else 's'} of the model")
    line = f"{', '.join(parts)}, {research.seconds:.0f} s."
    limit = LIMITS[research.limit] if research.limit else ""
    failure = f"The model did not help with the search: {research.failure}"
    return " ".join(filter(None, (line, limit, failure if research.failure else "")))
