"""Propose questions from a library's own papers, for people to edit.

Without a language model: known-item questions, made of the most distinctive words of an abstract,
and clozes, a sentence without one of its figures or names. Both keep the words of the abstract, so
lexical retrieval finds them too easily; rephrasing makes them worth more. With a language model,
`eval.drafting.proposing` does that.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle, islice
from random import Random
from typing import Final

from eval.run.checking import term_weight
from rag.query.questions import content_words
from rag.sentences import split_sentences
from rag.store.lexical import analyze
from rag.types import Paper
from rag.verification.terms import TermWeight

SEED: Final = 7
MOST_DISTINCTIVE: Final = 5
REPEATED: Final = 1.5  # weight of a word that occurs twice: more likely the topic
GAP: Final = "____"
CLOZE_WORDS: Final = range(8, 41)  # a shorter one says too little, a longer one is no question
# A figure with its unit, or a name with inner capitals or digits.
ANSWER: Final = re.compile(
    r"(?<![\w.])\d+(?:[.,]\d+)*(?:\s?(?:%|x\b|times\b))?|\b[A-Z][a-z]*[A-Z\d][\w-]*\b"
)

Question = dict[str, object]


def draft_questions(papers: Sequence[Paper], count: int) -> list[Question]:
    """Return questions in the format of a question set, known-item and cloze alternating.

    The same papers give the same questions; fewer than `count` when they do not give as many.
    """
    weight = term_weight(papers)
    shuffled = Random(SEED).sample(papers, len(papers))
    makers = (_known_items(shuffled, weight), _clozes(shuffled, weight))
    drafts = islice(_in_turn(makers), count)
    return [{"id": f"draft-{n:03d}"} | draft for n, draft in enumerate(drafts, start=1)]


def render_questions(questions: Iterable[Mapping[str, object]]) -> str:
    """Render questions as JSON Lines."""
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in questions)


def _in_turn(makers: Iterable[Iterator[Question]]) -> Iterator[Question]:
    """Yield from each maker in turn, until all are used up."""
    left = list(makers)
    for maker in cycle(list(left)):
        if not left:
            return
        if maker in left:
            draft = next(maker, None)
            if draft is None:
                left.remove(maker)
            else:
                yield draft


def _known_items(papers: Iterable[Paper], weight: TermWeight) -> Iterator[Question]:
    for paper in papers:
        words = distinctive_words(paper, weight)
        if len(words) == MOST_DISTINCTIVE:
            asked = f"Which paper is about {', '.join(words[:-1])} and {words[-1]}?"
            yield draft_question("known_item", asked, paper, ())


def distinctive_words(paper: Paper, weight: TermWeight) -> list[str]:
    """Return the most distinctive words of an abstract, as it spells them; none of the title's."""
    titled = set(analyze(paper.title))
    counts = Counter(content_words(paper.abstract))
    worth = {
        word: sum(map(weight, stems)) / len(stems) * (REPEATED if count > 1 else 1.0)
        for word, count in counts.items()
        if word.isalpha()
        and len(word) > 3
        and (stems := analyze(word))
        and titled.isdisjoint(stems)
    }
    best = sorted(worth, key=lambda word: (-worth[word], word))
    return _without_repeats(best)[:MOST_DISTINCTIVE]


def _without_repeats(words: Iterable[str]) -> list[str]:
    """Return the words without later inflections of the same stem."""
    kept: dict[tuple[str, ...], str] = {}
    for word in words:
        kept.setdefault(tuple(analyze(word)), word)
    return list(kept.values())


def _clozes(papers: Iterable[Paper], weight: TermWeight) -> Iterator[Question]:
    for paper in papers:
        gaps = list(_gaps(paper))
        if gaps:
            sentence, answer = max(gaps, key=lambda gap: _distinctiveness(gap[1], weight))
            yield draft_question("single", f"What belongs in the gap? {sentence}", paper, (answer,))


def _distinctiveness(answer: str, weight: TermWeight) -> tuple[bool, float]:
    """Return a sort key for what can be left out: figures before names, rare before common."""
    stems = analyze(answer)
    return answer[0].isdigit(), max(map(weight, stems), default=0.0)


def _gaps(paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield sentences with something left out that neither they nor the title repeat."""
    for sentence in split_sentences(paper.abstract):
        if len(sentence.text.split()) not in CLOZE_WORDS:
            continue
        for match in ANSWER.finditer(sentence.text):
            gapped = sentence.text[: match.start()] + GAP + sentence.text[match.end() :]
            answer = match[0].strip()
            if len(answer) > 1 and answer.lower() not in f"{gapped} {paper.title}".lower():
                yield gapped, answer


def draft_question(
    kind: str, asked: str, paper: Paper, facts: Sequence[str], *, answer: str = ""
) -> Question:
    """Return a question about a paper in the format of a question set, without its id."""
    return {
        "type": kind,
        "question": asked,
        "papers": [paper.title],
        "answer": answer or "; ".join(facts) or paper.title,
        "must_mention": list(facts),
        "kind": "draft",
    }
