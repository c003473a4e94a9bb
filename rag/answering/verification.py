"""Checks a model's text sentence by sentence before it is shown, and mends what does not hold.

For every sentence: markers whose paper does not support it go; a sentence left without one is
cited anew when another retrieved paper supports it; else it is struck out, or kept and marked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from rag.answering.markers import find_markers, strip_markers
from rag.answering.numbering import Numbering
from rag.answering.support import Support, Verifier
from rag.retrieval.questions import STOP_WORDS
from rag.sentences import Sentence, split_sentences
from rag.types import CheckedSentence, Citation, Paper, Verdict

Unsupported = Literal["remove", "mark"]

LEAST_CLAIM_WORDS: Final = 3  # content words; less is a heading, a transition or a courtesy
FENCED: Final = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
LIST_MARK: Final = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+")
ORDER: Final[dict[Verdict, int]] = {
    "supported": 0,
    "partly": 1,
    "contradicted": 2,
    "unsupported": 3,
}


@dataclass(frozen=True, slots=True)
class Verified:
    """A text whose sentences were checked."""

    text: str
    citations: tuple[Citation, ...]
    sentences: tuple[CheckedSentence, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A sentence with the papers that are kept as its sources, best first."""

    sentence: Sentence
    claim: str
    supports: tuple[tuple[Paper, Support], ...]
    verdict: Verdict | None  # None: it claims nothing
    is_code: bool = False


def verify(
    text: str,
    papers: Sequence[Paper],
    verifier: Verifier,
    numbering: Numbering,
    *,
    unsupported: Unsupported = "remove",
) -> Verified:
    """The text with checked markers only.

    Args:
        text: What the model wrote; its marker `[n]` stands for `papers[n - 1]`.
        papers: The papers that the model was given, in the order of their numbers.
        verifier: Compares claims with papers.
        numbering: Numbers of the papers in the text that comes out.
        unsupported: What becomes of a sentence that no paper supports.
    """
    judged = _judge(split_sentences(text), _fences(text), papers, verifier)
    return _assemble(text, judged, numbering, unsupported)


def _fences(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in FENCED.finditer(text)]


def _judge(
    sentences: Sequence[Sentence],
    fences: Sequence[tuple[int, int]],
    papers: Sequence[Paper],
    verifier: Verifier,
) -> list[_Judged]:
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
) -> _Judged:
    if not claim:
        return _Judged(sentence, claim, (), None)
    cited = [papers[n - 1] for n in find_markers(sentence.text) if 1 <= n <= len(papers)]
    held = _holding(claim, list(dict.fromkeys(cited)), checked)
    if not held:  # cited wrongly or not at all: does another paper say so?
        held = [
            pair for pair in _holding(claim, papers, checked) if pair[1].verdict == "supported"
        ][:1]
    if held:
        return _Judged(sentence, claim, tuple(held), held[0][1].verdict)
    denied = any(checked[claim, paper].verdict == "contradicted" for paper in cited)
    return _Judged(sentence, claim, (), "contradicted" if denied else "unsupported")


def _holding(
    claim: str, papers: Sequence[Paper], checked: dict[tuple[str, Paper], Support]
) -> list[tuple[Paper, Support]]:
    """The papers that support the claim, at least partly, best first."""
    supports = [(paper, checked[claim, paper]) for paper in papers]
    held = [pair for pair in supports if pair[1].verdict in ("supported", "partly")]
    return sorted(held, key=lambda pair: (ORDER[pair[1].verdict], -pair[1].value))


def _assemble(
    text: str, judged: Sequence[_Judged], numbering: Numbering, unsupported: Unsupported
) -> Verified:
    """The text again, with the new markers and without what was struck out."""
    out = ""
    at = 0
    sentences: list[CheckedSentence] = []
    citations: list[Citation] = []
    removed: list[str] = []
    for each in judged:
        gap = text[at : each.sentence.start]
        at = each.sentence.end
        failed = each.verdict in ("unsupported", "contradicted")
        if failed and unsupported == "remove":
            removed.append(each.claim)
            out += gap if "\n" in gap else ""
            continue
        written, markers = _write(each, numbering)
        start = len(out) + len(gap)
        out += gap + written
        if each.verdict:
            sentences.append(CheckedSentence(written, start, len(out), markers, each.verdict))
        citations += [_citation(numbering.number(p), p, s) for p, s in each.supports]
    ordered = tuple(sorted(citations, key=lambda citation: citation.marker))
    return _trimmed(Verified(out + text[at:], ordered, tuple(sentences), tuple(removed)))


def _write(judged: _Judged, numbering: Numbering) -> tuple[str, tuple[int, ...]]:
    """The sentence with its markers in front of nothing: behind its last word and stop."""
    if judged.verdict is None:
        is_code = judged.is_code
        return (judged.sentence.text if is_code else strip_markers(judged.sentence.text)), ()
    bare = strip_markers(judged.sentence.text).rstrip()
    markers = tuple(dict.fromkeys(numbering.number(paper) for paper, _ in judged.supports))
    marks = "".join(f"[{marker}]" for marker in markers)
    return (f"{bare} {marks}" if marks else bare), markers


def _citation(marker: int, paper: Paper, support: Support) -> Citation:
    place = support.sentence
    return Citation(
        marker, paper, place.text, place.start, place.end, support.value, support.verdict
    )


def _trimmed(verified: Verified) -> Verified:
    """Without white space at either end and without list marks that lost their item."""
    text = verified.text
    lead = len(text) - len(text.lstrip())
    moved = tuple(
        CheckedSentence(s.text, s.start - lead, s.end - lead, s.markers, s.verdict)
        for s in verified.sentences
    )
    return Verified(text.strip(), verified.citations, moved, verified.removed)


def told_removed(removed: Sequence[str]) -> str | None:
    """What the user is told about sentences that were struck out."""
    if not removed:
        return None
    many = f"{len(removed)} sentences" if len(removed) > 1 else "1 sentence"
    return f"{many} removed: no retrieved paper supports {'them' if len(removed) > 1 else 'it'}."
