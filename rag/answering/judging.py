"""Judges the sentences of a text: what each claims, and which papers hold it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rag.answering.markers import find_markers, strip_markers
from rag.answering.opinion import Opinion, SecondReader, combine
from rag.answering.support import Support, Verifier
from rag.query.questions import STOP_WORDS
from rag.sentences import Sentence, split_sentences
from rag.types import Paper, Usage, Verdict

LEAST_CLAIM_WORDS: Final = 3  # content words; less is a heading, a transition or a courtesy
FENCED: Final = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
LIST_MARK: Final = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+")
# Which of several papers' verdicts is told of a sentence: the first of these.
TOLD_FIRST: Final[Mapping[Verdict, int]] = {
    "supported": 0,
    "partly": 1,
    "contradicted": 2,
    "unsupported": 3,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence with the papers that are kept as its sources, best first."""

    sentence: Sentence
    claim: str
    supports: tuple[tuple[Paper, Support], ...]
    verdict: Verdict | None  # None: it claims nothing
    is_code: bool = False
    model_verdict: Verdict | None = None
    local_verdict: Verdict | None = None


def judge(text: str, papers: Sequence[Paper], verifier: Verifier) -> list[Judged]:
    """Every sentence of a text, with the papers that hold it; its markers count from 1."""
    sentences = split_sentences(text)
    fences = [match.span() for match in FENCED.finditer(text)]
    is_code = [any(a <= s.start < b for a, b in fences) for s in sentences]
    claims = ["" if code else _claim(s) for s, code in zip(sentences, is_code, strict=True)]
    pairs = [(claim, paper) for claim in claims if claim for paper in papers]
    checked = dict(zip(pairs, verifier.check(pairs), strict=True))
    return [
        replace(_judge_sentence(sentence, claim, papers, checked), is_code=code)
        for sentence, claim, code in zip(sentences, claims, is_code, strict=True)
    ]


def _claim(sentence: Sentence) -> str:
    """What a sentence claims, without its markers; "" when it claims nothing."""
    bare = LIST_MARK.sub("", strip_markers(sentence.text)).strip(" *_#>")
    content = [w for w in re.findall(r"\w+", bare.lower()) if w not in STOP_WORDS]
    is_heading = bare.endswith((":", "?")) or sentence.text.lstrip().startswith("#")
    cites = any(True for _ in find_markers(sentence.text))
    if not content or (not cites and (is_heading or len(content) < LEAST_CLAIM_WORDS)):
        return ""
    return bare


def _judge_sentence(
    sentence: Sentence,
    claim: str,
    papers: Sequence[Paper],
    checked: dict[tuple[str, Paper], Support],
) -> Judged:
    if not claim:
        return Judged(sentence, claim, (), None)
    cited = [papers[n - 1] for n in find_markers(sentence.text) if 1 <= n <= len(papers)]
    held = _holding(claim, list(dict.fromkeys(cited)), checked)
    if not held:  # cited wrongly or not at all: does another paper say so?
        held = [
            pair for pair in _holding(claim, papers, checked) if pair[1].verdict == "supported"
        ][:1]
    if held:
        return Judged(sentence, claim, tuple(held), held[0][1].verdict)
    denied = any(checked[claim, paper].verdict == "contradicted" for paper in cited)
    return Judged(sentence, claim, (), "contradicted" if denied else "unsupported")


def _holding(
    claim: str, papers: Sequence[Paper], checked: dict[tuple[str, Paper], Support]
) -> list[tuple[Paper, Support]]:
    """The papers that support the claim, at least partly, best first."""
    supports = [(paper, checked[claim, paper]) for paper in papers]
    held = [pair for pair in supports if pair[1].verdict in ("supported", "partly")]
    return sorted(held, key=_best_first)


def _best_first(pair: tuple[Paper, Support]) -> tuple[int, float]:
    return TOLD_FIRST[pair[1].verdict], -pair[1].value


def judge_again(
    judged: Sequence[Judged], papers: Sequence[Paper], verifier: Verifier, second: SecondReader
) -> tuple[list[Judged], Usage]:
    """The same with a second reader's opinion on each claim and each paper that it rests on."""
    asked = [
        (n, claim.claim, paper, local)
        for n, claim in enumerate(judged)
        for paper, local in _worth_asking(claim, papers, verifier)
    ]
    opinions, usage = second.read([(claim, paper) for _, claim, paper, _ in asked])
    changed = list(judged)
    for n, claim in enumerate(judged):
        told = [
            (paper, local, opinion)
            for (m, _, paper, local), opinion in zip(asked, opinions, strict=True)
            if m == n
        ]
        if any(opinion for *_, opinion in told):
            changed[n] = _with_opinions(claim, told)
    return changed, usage


def _worth_asking(
    judged: Judged, papers: Sequence[Paper], verifier: Verifier
) -> Iterable[tuple[Paper, Support]]:
    """The papers that hold the claim; where none does, those that it cites."""
    if not judged.claim or judged.supports:
        return judged.supports
    numbers = dict.fromkeys(n for n in find_markers(judged.sentence.text) if 1 <= n <= len(papers))
    cited = [papers[n - 1] for n in numbers]
    return zip(cited, verifier.check([(judged.claim, paper) for paper in cited]), strict=True)


def _with_opinions(judged: Judged, told: Sequence[tuple[Paper, Support, Opinion | None]]) -> Judged:
    """The sentence with the verdicts that both readers come to together.

    Of a paper that the second reader said nothing about, the first one's word stands.
    """
    combined = [
        (paper, _combined(judged.claim, paper, local, opinion)) for paper, local, opinion in told
    ]
    held = [pair for pair in combined if pair[1].verdict in ("supported", "partly")]
    best = min((support.verdict for _, support in combined), key=TOLD_FIRST.__getitem__)
    said = min((opinion.verdict for *_, opinion in told if opinion), key=TOLD_FIRST.__getitem__)
    return replace(
        judged,
        supports=tuple(sorted(held, key=_best_first)),
        verdict=best,
        model_verdict=said,
        local_verdict=judged.verdict,
    )


def _combined(claim: str, paper: Paper, local: Support, opinion: Opinion | None) -> Support:
    if opinion is None:
        return local
    verdict = combine(claim, paper, local.verdict, opinion)
    return replace(local, sentence=opinion.place or local.sentence, verdict=verdict)
