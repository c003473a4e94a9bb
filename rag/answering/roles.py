"""What a sentence of an abstract does for its paper, and which such sentences a question wants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

PROPOSES: Final = re.compile(
    r"\b(?:propos|introduc|present|develop|suggest|design|devis)(?:e|es|ed|ing)?\b", re.IGNORECASE
)
FINDS: Final = re.compile(
    r"\b(?:find|finds|found|show|shows|shown|demonstrat\w+|reveal\w*|observ\w+|prove[sd]?)\b",
    re.IGNORECASE,
)
RESULTS: Final = re.compile(
    r"\d(?:\.\d+)?\s?(?:%|x\b|×)|\b(?:outperform\w*|state[- ]of[- ]the[- ]art|results?|accuracy"
    r"|(?<!\bto )(?:achiev|improv|reduc)\w+|faster)\b",  # "to achieve this we …" is no result
    re.IGNORECASE,
)
LIMITS: Final = re.compile(r"\b(?:limitations?|drawbacks?|shortcomings?)\b", re.IGNORECASE)
ASSUMES: Final = re.compile(r"\bassum(?:e|es|ed|ing|ptions?)\b", re.IGNORECASE)
INTRODUCES: Final = re.compile(
    rf"{PROPOSES.pattern}|\b(?:known as|called|named|termed|namely|refers? to)\b"
    r"|\b(?:is|are) (?:an?|the first)\b",
    re.IGNORECASE,
)

# "What is a Hopfield network?", but not "what is the gain of …", which asks for a detail.
ASKS_WHAT_IT_IS: Final = re.compile(
    r"""^\W*(?:(?:so|and|ok(?:ay)?|please)\W+)*
        (?:what(?:'s|’s|\s(?:is|are|was|were))\s(?!the\b)|define\s|explain\s(?!why|how)|describe\s
        |tell\sme\sabout\s|what\sdo(?:es)?\s.+\smean\b)""",
    re.IGNORECASE | re.VERBOSE,
)
ASKS_WHAT_IT_PROPOSES: Final = re.compile(
    r"\bwhat (?:do|does|did)\b.+\b(?:propose|introduce|present|do)\b"
    r"|\bwho (?:introduced|proposed)\b",
    re.IGNORECASE,
)
ASKS_FOR_RESULTS: Final = re.compile(
    r"\b(?:what|which) results?\b|\bresults (?:do|does|did|were|are)\b|\bhow well\b", re.IGNORECASE
)
ASKS_WHAT_IT_FINDS: Final = re.compile(
    r"\bwhat (?:do|does|did)\b.+\b(?:show|find|prove|demonstrate|reveal|observe)\b", re.IGNORECASE
)
QUOTED: Final = re.compile(r"“[^”]*”|\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Role:
    """What a sentence does.

    Attributes:
        asked: Found in questions that want such sentences.
        said: Found in such sentences.
        stands_early: Whether such sentences open an abstract, unlike its findings.
    """

    asked: re.Pattern[str]
    said: re.Pattern[str]
    stands_early: bool = False


ROLES: Final = (
    Role(ASKS_FOR_RESULTS, RESULTS),
    Role(LIMITS, LIMITS),
    Role(ASSUMES, ASSUMES),
    Role(ASKS_WHAT_IT_FINDS, FINDS),
    Role(ASKS_WHAT_IT_PROPOSES, PROPOSES, stands_early=True),
    Role(ASKS_WHAT_IT_IS, INTRODUCES, stands_early=True),
)


def asked_role(question: str) -> Role | None:
    """What the wanted sentences do, when the question says so outside of titles in quotes."""
    outside = QUOTED.sub("“”", question)
    return next((role for role in ROLES if role.asked.search(outside)), None)
