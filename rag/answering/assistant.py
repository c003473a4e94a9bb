"""Answer questions about the assistant itself, from the texts in `prompts/assistant`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from prompts import load_prompt
from rag.answering.direct import DirectAnswer
from rag.types import EXTRACTIVE

WITHOUT_MODEL: Final = "No language model is set: answers are the papers' own sentences."

ONE_TO_COMPARE: Final = (
    "So far there is only one paper to compare. Name the other one, or ask for papers on a topic "
    "and compare those."
)
NO_SUCH_PLACE: Final = (
    "There is no such paper in the answers so far: the last of them cites {cited}. Name the paper, "
    "or ask for all papers on the topic."
)


def describe_itself(names: Sequence[str], *, papers: int, mode: str) -> DirectAnswer:
    """Answer questions about the assistant, a paragraph each.

    Args:
        names: What is asked; the text is `prompts/assistant/NAME.md`.
        papers: How many the library holds.
        mode: `extractive`, or the name of the model that writes the answers.
    """
    count = f"{papers:,} paper{'' if papers == 1 else 's'}"
    model = WITHOUT_MODEL if mode == EXTRACTIVE else f"Answers are written by {mode}."
    texts = [
        load_prompt(f"assistant/{name}").safe_substitute(papers=count, model=model)
        for name in names
    ]
    return DirectAnswer("\n\n".join(texts), "assistant")


def describe_too_few_cited(count: int, *, is_comparison: bool) -> DirectAnswer:
    """Say that the answers before cite fewer papers than a follow-up refers to."""
    if is_comparison:
        return DirectAnswer(ONE_TO_COMPARE, "assistant")
    cited = f"{count} paper{'' if count == 1 else 's'}"
    return DirectAnswer(NO_SUCH_PLACE.format(cited=cited), "assistant")


def describe_language(code: str) -> DirectAnswer:
    """Say, in that language and in English, that papers are searched in English."""
    said = _languages()
    own = said.get(code)
    text = f"{own}\n\n{said['en']}" if own else said["en"]
    return DirectAnswer(text, "assistant", reason="another_language")


@cache
def _languages() -> dict[str, str]:
    lines = load_prompt("assistant/other_language").template.splitlines()
    return {code.strip(): text.strip() for code, _, text in (line.partition(":") for line in lines)}
