"""Check what each sentence of a text claims, and which papers support it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rag.query.questions import STOP_WORDS
from rag.sentences import Sentence
from rag.types import Paper, Usage, Verdict
from rag.verification.frames import without_frame
from rag.verification.markers import find_markers, has_markers
from rag.verification.second_verifier import LLMVerdict, SecondVerifier, combine
from rag.verification.spoken_markers import without_markers
from rag.verification.support import Support, Verifier
from rag.verification.units import Unit, split_units

LEAST_CLAIM_WORDS: Final = 3  # of a sentence, or content words of what does not end like one
# Entailment from which a paper that supports a sentence in part is cited for it, where it cites
# none: of 123 sentences by another hand 13 of 14 true ones and 14 of 48 false ones reach it.
UNCITED_FROM: Final = 0.15
# Words of headings, transitions and courtesies, which claim nothing of what the papers are about.
COURTESIES: Final = frozenset(
    re.findall(
        r"\w+",
        """
        sure certainly yes okay ok thanks thank please note hope helps help let know answer answers
        question questions summary short brief conclusion overview explanation details list example
        examples following based provided given according paper papers excerpt excerpts abstract
        abstracts source sources study studies
        """,
    )
)
ENDS: Final = re.compile(r"[.!…。！][\"'”’)*_]*\Z")
LIST_MARK: Final = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+")
# The verdict shown for a sentence on several papers: the one that comes first here.
SHOWN_FIRST: Final[Mapping[Verdict, int]] = {
    "supported": 0,
    "partly": 1,
    "contradicted": 2,
    "unsupported": 3,
}


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A sentence, what it claims, and the papers that support it.

    Attributes:
        unit: The sentence or the row of a table, with its place.
        claim: Without markers and list marks; empty when the sentence claims nothing.
        supports: Papers that support it, at least partly, best first.
        verdict: None when the sentence claims nothing.
        model_verdict: The second verifier's, where it gave one.
        local_verdict: The first verifier's, where the second gave one too.
        nearest: The paper that comes closest, where none supports it.
    """

    unit: Unit
    claim: str
    supports: tuple[tuple[Paper, Support], ...]
    verdict: Verdict | None
    model_verdict: Verdict | None = None
    local_verdict: Verdict | None = None
    nearest: tuple[Paper, Support] | None = None

    @property
    def sentence(self) -> Sentence:
        """Its text in the answer, and its place there."""
        return self.unit.sentence


def check_claims(text: str, papers: Sequence[Paper], verifier: Verifier) -> list[CheckedClaim]:
    """Return every sentence and row of a text with its verdict; `[n]` is `papers[n - 1]`."""
    units = split_units(text)
    claims = [_claim(unit) for unit in units]
    pairs = [(without_frame(claim), paper) for claim in claims if claim for paper in papers]
    checked = dict(zip(pairs, verifier.check(pairs), strict=True))
    return [
        _check_unit(unit, claim, papers, checked) for unit, claim in zip(units, claims, strict=True)
    ]


def _claim(unit: Unit) -> str:
    """Return a sentence without markers and list mark; empty when it claims nothing."""
    if unit.kind in ("code", "head"):
        return ""
    sentence = unit.sentence
    bare = LIST_MARK.sub("", without_markers(unit.said)).strip(" *_#>")
    words = re.findall(r"\w+", bare.lower())
    content = [w for w in words if w not in STOP_WORDS and w not in COURTESIES]
    if not content or bare.endswith("?"):
        return ""
    if has_markers(sentence.text):
        return bare
    is_heading = bare.endswith(":") or sentence.text.lstrip().startswith("#")
    counted = words if ENDS.search(bare) else content
    return "" if is_heading or len(counted) < LEAST_CLAIM_WORDS else bare


def _check_unit(
    unit: Unit,
    claim: str,
    papers: Sequence[Paper],
    checked: dict[tuple[str, Paper], Support],
) -> CheckedClaim:
    if not claim:
        return CheckedClaim(unit, claim, (), None)
    cited = [papers[n - 1] for n in find_markers(unit.sentence.text) if 1 <= n <= len(papers)]
    said = without_frame(claim)
    held = _supporting(said, list(dict.fromkeys(cited)), checked)
    if not held:
        held = _supporting_uncited(said, papers, checked, cites=bool(cited))
    if held:
        return CheckedClaim(unit, claim, tuple(held), held[0][1].verdict)
    denied = [paper for paper in cited if checked[said, paper].verdict == "contradicted"]
    near = [(paper, checked[said, paper]) for paper in denied or papers]
    verdict: Verdict = "contradicted" if denied else "unsupported"
    return CheckedClaim(unit, claim, (), verdict, nearest=_nearest(near))


def _supporting(
    claim: str, papers: Sequence[Paper], checked: dict[tuple[str, Paper], Support]
) -> list[tuple[Paper, Support]]:
    """Return the papers that support a claim, at least partly, best first."""
    supports = [(paper, checked[claim, paper]) for paper in papers]
    held = [pair for pair in supports if pair[1].verdict in ("supported", "partly")]
    return sorted(held, key=_best_first)


def _supporting_uncited(
    claim: str,
    papers: Sequence[Paper],
    checked: dict[tuple[str, Paper], Support],
    *,
    cites: bool,
) -> list[tuple[Paper, Support]]:
    """Return the paper that supports a claim best which those it cites do not; at most one.

    Where it cites none, and no paper contradicts it, one that supports it in part may be enough.
    """
    is_denied = any(checked[claim, paper].verdict == "contradicted" for paper in papers)
    found = _supporting(claim, papers, checked)[:1]
    if found and found[0][1].verdict != "supported":
        entailment = found[0][1].entailment
        is_likely = entailment is None or entailment >= UNCITED_FROM
        return found if is_likely and not cites and not is_denied else []
    return found


def _nearest(pairs: Sequence[tuple[Paper, Support]]) -> tuple[Paper, Support] | None:
    return max(pairs, key=lambda pair: pair[1].value, default=None)


def _best_first(pair: tuple[Paper, Support]) -> tuple[int, float]:
    return SHOWN_FIRST[pair[1].verdict], -pair[1].value


def check_again(
    judged: Sequence[CheckedClaim],
    papers: Sequence[Paper],
    verifier: Verifier,
    second: SecondVerifier,
) -> tuple[list[CheckedClaim], Usage]:
    """Return the claims with the verdicts of both verifiers combined, and what the second used.

    The second is asked about each claim and each paper that supports it; where none does, about
    the papers that the sentence cites.
    """
    asked = [
        (n, claim.claim, paper, local)
        for n, claim in enumerate(judged)
        for paper, local in _to_check_again(claim, papers, verifier)
    ]
    verdicts, usage = second.check([(claim, paper) for _, claim, paper, _ in asked])
    changed = list(judged)
    for n, claim in enumerate(judged):
        checked = [
            (paper, local, second_verdict)
            for (m, _, paper, local), second_verdict in zip(asked, verdicts, strict=True)
            if m == n
        ]
        if any(second for *_, second in checked):
            changed[n] = _with_verdicts(claim, checked)
    return changed, usage


def _to_check_again(
    judged: CheckedClaim, papers: Sequence[Paper], verifier: Verifier
) -> Iterable[tuple[Paper, Support]]:
    """Return the papers that support a claim; where none does, those that it cites."""
    if not judged.claim or judged.supports:
        return judged.supports
    numbers = dict.fromkeys(n for n in find_markers(judged.sentence.text) if 1 <= n <= len(papers))
    cited = [papers[n - 1] for n in numbers]
    return zip(cited, verifier.check([(judged.claim, paper) for paper in cited]), strict=True)


def _with_verdicts(
    judged: CheckedClaim, checked: Sequence[tuple[Paper, Support, LLMVerdict | None]]
) -> CheckedClaim:
    """Return a claim with the combined verdicts of both verifiers.

    On a paper without a verdict of the second one, the first one's stands.
    """
    combined = [
        (paper, _combined(judged.claim, paper, local, second)) for paper, local, second in checked
    ]
    held = [pair for pair in combined if pair[1].verdict in ("supported", "partly")]
    best = min((support.verdict for _, support in combined), key=SHOWN_FIRST.__getitem__)
    said = min((second.verdict for *_, second in checked if second), key=SHOWN_FIRST.__getitem__)
    return replace(
        judged,
        supports=tuple(sorted(held, key=_best_first)),
        verdict=best,
        model_verdict=said,
        local_verdict=judged.verdict,
        nearest=None if held else _nearest([p for p in combined if p[1].verdict == best]),
    )


def _combined(claim: str, paper: Paper, local: Support, second: LLMVerdict | None) -> Support:
    if second is None:
        return local
    verdict = combine(claim, paper, local.verdict, second)
    return replace(local, sentence=second.sentence or local.sentence, verdict=verdict)
