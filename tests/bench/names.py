"""Does a coined name lead to its paper? Names and acronyms drawn by a seed from abstracts.

Run it in the project: `python -m tests.bench.names LIBRARY [-n 40] [--seed 7]`. Each name
is asked about in every form of question; a line tells how often the right paper answered first, or
was truly declined: `what is`, `how`, `results` and `limits` must be answered from a paper that has
the name, `stands for` with its long form, `who` from the record of such a paper, and `which GPU`
declined unless the abstract speaks of one.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from rag import Answer, Library, Paper

COINED: Final = re.compile(r"\b(?=\w*[a-z])[A-Z][a-z]*[A-Z][A-Za-z]+\b(?!-)")
SHORTENED: Final = re.compile(r"((?:[A-Za-z]\w*[\s-]){2,6})\(([A-Z]{3,6})s?\)")
GPU: Final = re.compile(r"\b(?:gpus?|nvidia|[av]100|h100)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Drawn:
    """A name, its long form where it is an acronym, and the papers that have it."""

    name: str
    long: str
    papers: tuple[Paper, ...]


def has(paper: Paper, name: str) -> bool:
    """Whether a paper has a name as a word."""
    return re.search(rf"\b{re.escape(name)}s?\b", f"{paper.title} {paper.abstract}") is not None


def draw(papers: Sequence[Paper], n: int, seed: int) -> tuple[list[Drawn], list[Drawn]]:
    """Coined names that one paper has, and acronyms with their long forms."""
    coined = {name for paper in papers for name in COINED.findall(paper.abstract)}
    acronyms = {
        short: " ".join(long.split()[-len(short) :])
        for paper in papers
        for long, short in SHORTENED.findall(paper.abstract)
        if "".join(w[0] for w in re.split(r"[\s-]+", long.strip())).lower().endswith(short.lower())
    }
    chance = Random(seed)
    names = [Drawn(name, "", tuple(p for p in papers if has(p, name))) for name in sorted(coined)]
    own = [each for each in names if len(each.papers) == 1]
    short = [
        Drawn(name, long, tuple(p for p in papers if has(p, name)))
        for name, long in sorted(acronyms.items())
    ]
    return chance.sample(own, min(n, len(own))), chance.sample(short, min(n, len(short)))


def first_has(answer: Answer, drawn: Drawn) -> bool:
    """Whether the paper that is cited first has the name."""
    ids = {paper.paper_id for paper in drawn.papers}
    return answer.status == "answered" and bool(answer.papers) and answer.papers[0].paper_id in ids


def spells_out(answer: Answer, drawn: Drawn) -> bool:
    """Whether the answer has the long form; a coined name only needs its paper."""
    key = re.sub(r"\W+", "", drawn.long).lower()
    return first_has(answer, drawn) and key in re.sub(r"\W+", "", answer.text).lower()


def declines(answer: Answer, drawn: Drawn) -> bool:
    """Whether it is declined for the right paper, or a GPU is in the abstract."""
    if any(GPU.search(paper.abstract) for paper in drawn.papers):
        return True
    return answer.reason == "not_in_abstract" and answer.hits[0].paper in drawn.papers


FORMS: Final[dict[str, tuple[str, Callable[[Answer, Drawn], bool]]]] = {
    "what is": ("what is {}", first_has),
    "how": ("how does {} work", first_has),
    "stands for": ("what does {} stand for", spells_out),
    "results": ("results of {}", first_has),
    "limits": ("limitations of {}", first_has),
    "who": ("who wrote the {} paper", first_has),
    "which GPU": ("which GPU was {} trained on", declines),
}


def measure(library: Library, drawn: Sequence[Drawn], form: str) -> Iterator[tuple[Drawn, bool]]:
    """Each name with whether its question was answered rightly."""
    question, is_right = FORMS[form]
    for each in drawn:
        yield each, is_right(library.ask(question.format(each.name)), each)


def main() -> None:
    """Print the table, and the names that went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library")
    parser.add_argument("-n", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--wrong", action="store_true", help="name what went wrong")
    options = parser.parse_args()
    library = Library.open(options.library, llm="extractive")
    sets = dict(
        zip(("names", "acronyms"), draw(library.papers(), options.n, options.seed), strict=True)
    )
    for form in FORMS:
        told = [form.ljust(12)]
        for kind, drawn in sets.items():
            found = list(measure(library, drawn, form))
            told.append(f"{kind} {sum(right for _, right in found)}/{len(found)}")
            if options.wrong:
                told.append(" ".join(each.name for each, right in found if not right))
        print("  ".join(told))  # noqa: T201


if __name__ == "__main__":
    main()
