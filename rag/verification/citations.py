"""Verify a model's text sentence by sentence, and correct its citations.

Markers whose paper does not support the sentence are dropped. A sentence left without one cites
another retrieved paper that supports it; where none does, it is removed, or kept and marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final, Literal

from rag.text import squeezed
from rag.types import NO_USAGE, CheckedSentence, Citation, Paper, RemovedSentence, Usage
from rag.verification.claims import CheckedClaim, check_again, check_claims
from rag.verification.markers import has_markers
from rag.verification.numbering import Numbering
from rag.verification.second_verifier import SecondVerifier
from rag.verification.spoken_markers import without_markers
from rag.verification.support import Support, Verifier

Unsupported = Literal["remove", "mark"]
OF_PAPERS: Final = re.compile(r"\b(?:papers?|stud(?:y|ies)|sources?|excerpts?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verified:
    """A text with its citations and the verdicts on its sentences.

    Attributes:
        citations: What its markers stand for, by marker.
        sentences: Those of its sentences that claim something, in order.
        struck: Sentences that were removed.
        usage: Tokens that models read and wrote for it.
        repeats: How many sentences at its end, one after the other, were in it before, and are not
            repeated in the text.
    """

    text: str = ""
    citations: tuple[Citation, ...] = ()
    sentences: tuple[CheckedSentence, ...] = ()
    struck: tuple[RemovedSentence, ...] = ()
    usage: Usage = NO_USAGE
    repeats: int = 0

    @property
    def removed(self) -> tuple[str, ...]:
        """The texts of the removed sentences."""
        return tuple(each.text for each in self.struck)


NOTHING_WRITTEN = Verified()


def verify(
    text: str,
    papers: Sequence[Paper],
    verifier: Verifier,
    numbering: Numbering,
    *,
    unsupported: Unsupported = "remove",
    second: SecondVerifier | None = None,
) -> Verified:
    """Return a text with only those sentences and markers that its papers support.

    Args:
        text: What the model wrote; its marker `[n]` stands for `papers[n - 1]`.
        papers: The papers that the model was given, in the order of their numbers.
        verifier: Compares claims with papers.
        numbering: The papers' numbers in the text that is returned.
        unsupported: Whether a sentence that no paper supports is removed, or kept and marked.
        second: Checks each claim again with each paper that it rests on.
    """
    claims = check_claims(text, papers, verifier)
    usage = NO_USAGE
    if second:
        claims, usage = check_again(claims, papers, verifier, second)
    return replace(_assemble(text, claims, numbering, unsupported), usage=usage)


def _assemble(
    text: str, claims: Sequence[CheckedClaim], numbering: Numbering, unsupported: Unsupported
) -> Verified:
    """Join the sentences again, with their new markers and without those that are removed."""
    out = ""
    at = 0
    sentences: list[CheckedSentence] = []
    citations: list[Citation] = []
    struck: list[RemovedSentence] = []
    repeated = _repeated(claims)
    going = _going(claims) if unsupported == "remove" else set()
    for place, each in enumerate(claims):
        if place in going or place in repeated or _only_points(each):
            if each.verdict and place not in repeated:
                near = _citation(0, *each.nearest) if each.nearest else None
                struck.append(RemovedSentence(each.claim, each.verdict, near))
            out += _gap_left(text, at, each)
            at = each.unit.end
            continue
        gap = text[at : each.sentence.start]
        at = each.sentence.end
        written, markers = _write(each, numbering)
        start = len(out) + len(gap)
        out += gap + written
        if each.verdict:
            sentences.append(
                CheckedSentence(
                    written,
                    start,
                    len(out),
                    markers,
                    each.verdict,
                    each.model_verdict,
                    each.local_verdict,
                )
            )
        citations += [_citation(numbering.number(p), p, s) for p, s in each.supports]
    ordered = tuple(sorted(citations, key=lambda citation: citation.marker))
    ends = takewhile(lambda place: place in repeated, reversed(range(len(claims))))
    repeats = sum(1 for _ in ends)
    verified = Verified(out + text[at:], ordered, tuple(sentences), tuple(struck), repeats=repeats)
    return _trimmed(verified)


def _repeated(claims: Sequence[CheckedClaim]) -> set[int]:
    """Return the places of sentences that were said before, as small models do without end."""
    known: set[str] = set()
    repeated: set[int] = set()
    for place, each in enumerate(claims):
        said = squeezed(each.claim)
        if said in known and not each.unit.is_in_table:
            repeated.add(place)
        known.add(said or str(place))
    return repeated


def _only_points(claim: CheckedClaim) -> bool:
    """Return whether a sentence cites a paper and says nothing of it: "This paper is [2]"."""
    if claim.claim or claim.unit.kind != "sentence":
        return False
    cites = has_markers(claim.sentence.text)
    return cites and bool(OF_PAPERS.search(claim.sentence.text))


def _going(claims: Sequence[CheckedClaim]) -> set[int]:
    """Return the places of what no paper supports, and of the heads of tables that it empties."""
    going = {n for n, each in enumerate(claims) if each.verdict in ("unsupported", "contradicted")}
    lines: list[int] = []
    for n, each in enumerate([*claims, None]):
        if each and each.unit.is_in_table and not (each.unit.kind == "head" and _ended(claims, n)):
            lines.append(n)
            continue
        rows = {line for line in lines if claims[line].unit.kind == "row"}
        going |= set(lines) if rows and rows <= going else set()
        lines = [n] if each and each.unit.is_in_table else []
    return going


def _ended(claims: Sequence[CheckedClaim], place: int) -> bool:
    """Return whether a table ended just before the head of another."""
    return place > 0 and claims[place - 1].unit.kind == "row"


def _gap_left(text: str, at: int, removed: CheckedClaim) -> str:
    """Return what stays of the space before a removed part; of a whole line its break goes too."""
    start, end = removed.unit.start, removed.unit.end
    gap = text[at:start]
    is_line = text[:start].endswith("\n") and text[end : end + 1] in ("", "\n")
    if is_line:
        return gap.removesuffix("\n")
    return gap if "\n" in gap else ""


def _write(claim: CheckedClaim, numbering: Numbering) -> tuple[str, tuple[int, ...]]:
    """Return a sentence with its new markers at its end, and these markers."""
    if claim.verdict is None:
        is_code = claim.unit.kind == "code"
        return (claim.sentence.text if is_code else without_markers(claim.sentence.text)), ()
    bare = without_markers(claim.sentence.text).rstrip()
    markers = tuple(dict.fromkeys(numbering.number(paper) for paper, _ in claim.supports))
    marks = "".join(f"[{marker}]" for marker in markers)
    return (f"{bare} {marks}" if marks else bare), markers


def _citation(marker: int, paper: Paper, support: Support) -> Citation:
    place = support.sentence
    return Citation(
        marker, paper, place.text, place.start, place.end, support.value, support.verdict
    )


def _trimmed(verified: Verified) -> Verified:
    """Return the text without white space at either end."""
    text = verified.text
    lead = len(text) - len(text.lstrip())
    return replace(verified, text=text.strip(), sentences=moved(verified.sentences, -lead))


def moved(sentences: Iterable[CheckedSentence], by: int) -> tuple[CheckedSentence, ...]:
    """Return the sentences with their places `by` characters later."""
    return tuple(replace(each, start=each.start + by, end=each.end + by) for each in sentences)


def headed(verified: Verified, lead: str) -> Verified:
    """Return the text with a lead before it."""
    text = lead + verified.text
    return replace(verified, text=text, sentences=moved(verified.sentences, len(lead)))


def describe_removed(removed: Sequence[str]) -> str | None:
    """Say in a sentence how many sentences were removed; None when none was."""
    if not removed:
        return None
    many = f"{len(removed)} sentences" if len(removed) > 1 else "1 sentence"
    return f"{many} removed: no retrieved paper supports {'them' if len(removed) > 1 else 'it'}."
