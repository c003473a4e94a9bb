"""Check a model's text sentence by sentence before it is shown, and mend what does not hold.

For every sentence: markers whose paper does not support it go; a sentence left without one is
cited anew when another retrieved paper supports it; else it is struck out, or kept and marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.types import NO_USAGE, CheckedSentence, Citation, Paper, RemovedSentence, Usage
from rag.verification.claims import CheckedClaim, check_again, check_claims
from rag.verification.markers import strip_markers
from rag.verification.numbering import Numbering
from rag.verification.second import SecondVerifier
from rag.verification.support import Support, Verifier

Unsupported = Literal["remove", "mark"]


@dataclass(frozen=True, slots=True)
class Verified:
    """A text with what was found of its sentences.

    Attributes:
        citations: What its markers stand for.
        sentences: Those of its sentences that have been checked.
        struck: Sentences that were struck out.
        usage: What models were given and wrote for it.
    """

    text: str = ""
    citations: tuple[Citation, ...] = ()
    sentences: tuple[CheckedSentence, ...] = ()
    struck: tuple[RemovedSentence, ...] = ()
    usage: Usage = NO_USAGE

    @property
    def removed(self) -> tuple[str, ...]:
        """The sentences that were struck out, by themselves."""
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
    """Return the text with checked markers only.

    Args:
        text: What the model wrote; its marker `[n]` stands for `papers[n - 1]`.
        papers: The papers that the model was given, in the order of their numbers.
        verifier: Compares claims with papers.
        numbering: Numbers of the papers in the text that comes out.
        unsupported: What becomes of a sentence that no paper supports.
        second: Checks every sentence that claims something, and the papers it cites.
    """
    claims = check_claims(text, papers, verifier)
    usage = NO_USAGE
    if second:
        claims, usage = check_again(claims, papers, verifier, second)
    return replace(_assemble(text, claims, numbering, unsupported), usage=usage)


def _assemble(
    text: str, claims: Sequence[CheckedClaim], numbering: Numbering, unsupported: Unsupported
) -> Verified:
    """The text again, with the new markers and without what was struck out."""
    out = ""
    at = 0
    sentences: list[CheckedSentence] = []
    citations: list[Citation] = []
    struck: list[RemovedSentence] = []
    for each in claims:
        gap = text[at : each.sentence.start]
        at = each.sentence.end
        if unsupported == "remove" and each.verdict in ("unsupported", "contradicted"):
            near = _citation(0, *each.nearest) if each.nearest else None
            struck.append(RemovedSentence(each.claim, each.verdict, near))
            out += gap if "\n" in gap else ""
            continue
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
    return _trimmed(Verified(out + text[at:], ordered, tuple(sentences), tuple(struck)))


def _write(claim: CheckedClaim, numbering: Numbering) -> tuple[str, tuple[int, ...]]:
    """The sentence with its markers in front of nothing: behind its last word and stop."""
    if claim.verdict is None:
        is_code = claim.is_code
        return (claim.sentence.text if is_code else strip_markers(claim.sentence.text)), ()
    bare = strip_markers(claim.sentence.text).rstrip()
    markers = tuple(dict.fromkeys(numbering.number(paper) for paper, _ in claim.supports))
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
    return replace(verified, text=text.strip(), sentences=moved(verified.sentences, -lead))


def moved(sentences: Iterable[CheckedSentence], by: int) -> tuple[CheckedSentence, ...]:
    """Return the sentences at places that lie `by` characters later."""
    return tuple(replace(each, start=each.start + by, end=each.end + by) for each in sentences)


def headed(verified: Verified, lead: str) -> Verified:
    """Put a lead before the text."""
    text = lead + verified.text
    return replace(verified, text=text, sentences=moved(verified.sentences, len(lead)))


def describe_removed(removed: Sequence[str]) -> str | None:
    """Describe what was struck out; None when nothing was."""
    if not removed:
        return None
    many = f"{len(removed)} sentences" if len(removed) > 1 else "1 sentence"
    return f"{many} removed: no retrieved paper supports {'them' if len(removed) > 1 else 'it'}."
