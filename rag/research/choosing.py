"""Have a model choose, among all papers that were found, those that answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from prompts import render_prompt
from rag.llm.fencing import unfenced
from rag.research.planning import Lenient, Texts
from rag.tokens import count_tokens, cut_tokens
from rag.types import Hit

CHOICE_TOKENS: Final = 160  # of the longest reply
JUDGED_K: Final = 12  # papers in one call: about 1,300 tokens, half a minute of a small local model
EXCERPT_TOKENS: Final = 70
TITLE_TOKENS: Final = 40

NUMBER: Final = re.compile(r"(?<![\d-])\d{1,3}(?!\d)")
Sentences = Callable[[Hit], Sequence[str]]  # of a paper, the most relevant first


def _as_numbers(value: object) -> object:
    """Read numbers from what small models write: 3, "3", "[3]", {"number": 3}."""
    if not isinstance(value, list):
        value = [value]
    said = [next(iter(each.values()), "") if isinstance(each, dict) else each for each in value]
    return [int(found[0]) for each in said if (found := NUMBER.search(str(each)))]


class Choice(Lenient):
    """What a model makes of the papers: the useful ones by number, and what is missing."""

    useful: Annotated[list[int], BeforeValidator(_as_numbers)] = Field(default_factory=list)
    missing: Texts = Field(default_factory=list)


def choice_prompt(question: str, hits: Sequence[Hit], sentences: Sentences) -> tuple[str, str]:
    """Return what the system and the user say to a model that is to choose among hits."""
    sources = "\n".join(_source(n, hit, sentences) for n, hit in enumerate(hits, start=1))
    user = render_prompt("rank_user", sources=sources, question=unfenced(question))
    return render_prompt("rank_system"), user


def _source(number: int, hit: Hit, sentences: Sentences) -> str:
    return render_prompt(
        "source",
        number=str(number),
        title=unfenced(cut_tokens(hit.paper.title, TITLE_TOKENS)),
        about="",
        excerpt=unfenced(excerpt(sentences(hit))),
    )


def excerpt(sentences: Sequence[str]) -> str:
    """Return the first sentences that fit; of the very first as much as fits."""
    kept = [cut_tokens(sentences[0], EXCERPT_TOKENS)] if sentences else []
    left = EXCERPT_TOKENS - sum(map(count_tokens, kept))
    for sentence in sentences[1:]:
        cost = count_tokens(sentence)
        if cost > left:
            break
        kept.append(sentence)
        left -= cost
    return " ".join(kept)


def chosen(choice: Choice, hits: Sequence[Hit]) -> list[str]:
    """Return the ids of the chosen papers, the most useful first; numbers of none are left out."""
    ids = [hits[n - 1].paper.paper_id for n in choice.useful if 0 < n <= len(hits)]
    return list(dict.fromkeys(ids))
