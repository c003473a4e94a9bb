"""What a sentence of an abstract does for its paper, and which such sentences a question wants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rag.sentences import Sentence
from rag.types import Paper
from rag.verification.support import quotable_sentences

PROPOSES: Final = re.compile(
    r"\b(?:propos|introduc|present|develop|suggest|design|devis)(?:e|es|ed|ing)?\b", re.IGNORECASE
)
FINDS: Final = re.compile(
    r"\b(?:find|finds|found|show|shows|shown|demonstrat\w+|reveal\w*|observ\w+|prove[sd]?)\b",
    re.IGNORECASE,
)
METHOD: Final = re.compile(
    rf"\b(?:we|this (?:paper|work|article|study)|here)\b.{{0,60}}{PROPOSES.pattern}", re.IGNORECASE
)
OWN: Final = re.compile(rf"{METHOD.pattern}|^\W*(?:here,? )?we\b", re.IGNORECASE)
RESULTS: Final = re.compile(
    r"\d(?:\.\d+)?\s?(?:%|x\b|×)|\b(?:outperform\w*|state[- ]of[- ]the[- ]art|results?|accuracy"
    r"|(?<!\bto )(?:achiev|improv|reduc)\w+|faster)\b",  # "to achieve this we …" is no result
    re.IGNORECASE,
)
LIMITS: Final = re.compile(r"\b(?:limitations?|drawbacks?|shortcomings?)\b", re.IGNORECASE)
COSTS: Final = re.compile(
    r"\b(?:limitations?|drawbacks?|shortcomings?|trade-?offs?|overheads?|costs?|costly|expensive"
    r"|at the (?:cost|expense)|fails?|unable|cannot|does not|do not|not (?:to|aim\w*|intend\w*)"
    r"|slower|bottlenecks?|challeng\w+|unfortunately|despite)\b",
    re.IGNORECASE,
)
NUMBERS: Final = re.compile(
    r"(?<![\w.-])\d[\d,.'’]*(?:\s?(?:%|x\b|×|k\b|m\b|ms\b))?|\b(?:two|three|four|five|six|seven|eight"
    r"|nine|ten|dozens?|hundreds?|thousands?|millions?|billions?|half|twice|double)\b",
    re.IGNORECASE,
)
DATA: Final = re.compile(
    r"\b(?:data\s?sets?|data|benchmarks?|corp(?:us|ora)|tasks?|images|recordings?|samples"
    r"|collected|evaluat\w+ on|experiments? on|trained on|tested on)\b",
    re.IGNORECASE,
)
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
    r"\b(?:what|which) results?\b|\bresults (?:do|does|did|were|are|of)\b|\bhow well\b"
    r"|^\W*(?:the |its |main |and )*results?\W*$|\bperform(?:s|ance)?\b",
    re.IGNORECASE,
)
ASKS_FOR_SUMMARY: Final = re.compile(
    r"\bsummar\w+|\b(?:gist|overview|tl;?dr|in (?:short|brief|a nutshell))\b"
    r"|\bmain (?:ideas?|points?|contributions?|message)\b|\bwhat(?:['’]s| is| are)\b.+\babout\W*$",
    re.IGNORECASE,
)
ASKS_FOR_LIMITS: Final = re.compile(
    r"\b(?:limitations?|limits|weakness\w*|drawbacks?|disadvantages?|shortcomings?|downsides?|cons"
    r"|problems? with|caveats?|trade-?offs?)\b",
    re.IGNORECASE,
)
ASKS_FOR_NUMBERS: Final = re.compile(
    r"\bhow (?:many|much|fast|large|big|small|long|often|accurate|deep|high|low|far)\b|\bby how\b"
    r"|\b(?:percent(?:age)?|accuracy|acc|error|f1|bleu|mae|rmse|auc|map|speed-?up|factor|number)\b",
    re.IGNORECASE,
)
ASKS_FOR_DATA: Final = re.compile(
    r"\b(?:what|which|on what|with which|with what) (?:kinds? of )?(?:data\w*|benchmarks?|tasks?"
    r"|corp(?:us|ora))\b|\b(?:trained|evaluated|tested|tried|validated|measured) (?:on|with)\b"
    r"|^\W*(?:and |the |its )*data\s?(?:sets?)?\W*$",
    re.IGNORECASE,
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
    Role(ASKS_FOR_SUMMARY, METHOD, stands_early=True),
    Role(ASKS_FOR_RESULTS, RESULTS),
    Role(ASKS_FOR_LIMITS, COSTS),
    Role(ASKS_FOR_DATA, DATA),
    Role(ASKS_FOR_NUMBERS, NUMBERS),
    Role(ASSUMES, ASSUMES),
    Role(ASKS_WHAT_IT_FINDS, FINDS),
    Role(ASKS_WHAT_IT_PROPOSES, PROPOSES, stands_early=True),
    Role(ASKS_WHAT_IT_IS, INTRODUCES, stands_early=True),
)


def lead_sentence(paper: Paper) -> Sentence:
    """The sentence that says what a paper does: the first that proposes, else finds, else any."""
    sentences = quotable_sentences(paper)
    for said in (OWN, FINDS):
        if found := next((each for each in sentences if said.search(each.text)), None):
            return found
    return sentences[0]


def asked_role(question: str) -> Role | None:
    """What the wanted sentences do, when the question says so outside of titles in quotes."""
    outside = QUOTED.sub("“”", question)
    return next((role for role in ROLES if role.asked.search(outside)), None)


def lacks_limits(question: str, paper: Paper) -> bool:
    """Whether a question asks for limitations, and no sentence of a paper speaks of any."""
    if not ASKS_FOR_LIMITS.search(QUOTED.sub("“”", question)):
        return False
    return not any(COSTS.search(each.text) for each in quotable_sentences(paper))
