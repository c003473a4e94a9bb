"""Probe verification with reference answers, so that it is measured where no model writes too.

A draft of two sentences cites the one paper that answers a question: the reference answer, and that
of another question. Verification should keep the first and remove the second. The reference alone
should be shown as supported, and not once it is made false by rule. Not covered: a writer that does
not verify at all; only a model's answers show that, by their citation recall.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from eval.data.dataset import Sample
from eval.data.records import Record
from eval.run.perturbing import perturb
from eval.run.scores import SUPPORTED, Scores
from rag.sentences import split_sentences
from rag.types import Paper
from rag.verification.citations import verify
from rag.verification.numbering import Numbering
from rag.verification.support import Verifier

Probe = Callable[[Record], Scores]

PROBED: Final = "single"  # the type of question: one paper, one answer, no conversation


def build_probe(papers: Sequence[Paper], samples: Sequence[Sample], verifier: Verifier) -> Probe:
    """Build a function from a record to the scores of its reference; {} where it is not probed.

    The scores are `true_kept`, `foreign_kept`, `true_supported`, and `perturbed_supported` where a
    rule applies to the reference.
    """
    by_id = {paper.paper_id: paper for paper in papers}
    foreign = _foreign_claims(samples)

    def probe(record: Record) -> Scores:
        claim, other = _claim(record.reference), foreign.get(record.key, "")
        known = [by_id[each] for each in record.papers if each in by_id]
        if not claim or not other or len(known) != 1:
            return {}
        draft = f"{claim} [1]\n\n{other} [1]"
        kept = verify(draft, known, verifier, Numbering()).text
        scores = {
            "true_kept": float(claim in kept),
            "foreign_kept": float(other in kept),
            "true_supported": _is_supported(claim, known, verifier),
        }
        perturbed = perturb(claim)
        if perturbed:
            scores["perturbed_supported"] = _is_supported(perturbed, known, verifier)
        return scores

    return probe


def _is_supported(claim: str, papers: Sequence[Paper], verifier: Verifier) -> float:
    """Return 1 where a draft of this claim alone is shown as supported, else 0."""
    sentences = verify(f"{claim} [1]", papers, verifier, Numbering()).sentences
    return float(any(each.verdict == SUPPORTED for each in sentences))


def _foreign_claims(samples: Sequence[Sample]) -> Mapping[str, str]:
    """Map each question to the reference of the next one that other papers answer."""
    probed = [
        sample
        for sample in samples
        if sample.type == PROBED and sample.kind is None and _claim(sample.turns[0].answer)
    ]
    found = {}
    for place, sample in enumerate(probed):
        following = [*probed[place + 1 :], *probed[:place]]
        other = next((s for s in following if _is_foreign(s, sample)), None)
        if other:
            found[sample.id] = _claim(other.turns[0].answer)
    return found


def _is_foreign(other: Sample, sample: Sample) -> bool:
    return set(other.turns[0].papers).isdisjoint(sample.turns[0].papers)


def _claim(reference: str) -> str:
    """Return the first sentence of a reference."""
    sentences = split_sentences(reference)
    return sentences[0].text if sentences else ""
