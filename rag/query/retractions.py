"""Recognise questions for the retractions of papers: of one, or of all that a library has.

Not covered: what papers say about retractions, which is a topic like others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_X: Final = re.IGNORECASE | re.VERBOSE
_I: Final = re.IGNORECASE
_GONE: Final = r"(?:retracted|withdrawn)"
_PAPER: Final = (
    r"(?:papers?|articles?|study|work|preprint|publication|one|survey|review|report|thesis)"
)
_MEANWHILE: Final = (
    r"(?:been|be|get|got|gotten|ever|later|since|already|actually|now|also|eventually|not|meanwhile"
    r"|really|indeed|corrected|or)"
)
_END: Final = (
    r"(?:\s+(?:(?:and/)?or|and)\s+\w+|\s+(?:yet|since|later|meanwhile|already|now|then|again|please"
    r"|by\s+(?:(?:the|its|their|his|her)\s+)?\w+|in\s+(?:\d{4}|the\s+meantime)|for\s+\w+))*\W*$"
)
# Other things are retracted or withdrawn too: "the drug", "a needle", "patients".
_SUBJECT: Final = (
    rf"(?:(?:it|this|that|they|these|those)(?=\s+(?:{_MEANWHILE}\s+)*{_GONE}\b)|[“\"«‘]"
    rf"|[^?]{{0,200}}?\b{_PAPER}\b|(?:the\s+)?(?-i:[A-Z0-9])"
    rf"|(?!(?:the|an?|any|some|it|this|that|they|these|those)\b)(?=[^?]{{0,200}}\bretracted\b))"
)
# Asks whether a paper was retracted: "was it withdrawn?", "is there a retraction notice for it?"
OF_ONE: Final = re.compile(
    rf"""(?:^\W*|\bor\s)(?:(?:and|so|but|then|ok(?:ay)?|hm+|when|why|where)\W+)*(?:is|was|has|had)(?:n['’]?t)?\b
          (?=\s+{_SUBJECT}[^?]{{0,200}}?\b{_GONE}{_END})
       |\b(?:if|whether)\b(?=\s+{_SUBJECT}[^?]{{0,200}}?\b(?:is|was|been|got)\s+(?:{_MEANWHILE}\s+)*{_GONE}{_END})
       |^\W*(?:and\s+)?(?:are|were|is|was|has|have|did)\b(?=\s+(?:they|(?:any|either|both|all|some|one|none)\s+of\s+(?:them|these|those)|these|those)\s
          (?:{_MEANWHILE}\s+)*{_GONE}{_END})
       |\bwhich\b(?=\s+(?:ones?\s+)?(?:of\s+(?:them|(?:these|those)(?:\s+\w+s)?)\s+)?(?:is|was|were|are|has|have|got)\s+(?:{_MEANWHILE}\s+)*{_GONE}{_END})
       |\bdid\b(?=\s[^?]{{0,200}}\b(?:get\s+{_GONE}|(?:retract|withdraw)\s+(?:it|them|(?:this|that|the)\s+{_PAPER})){_END})
       |\bretraction\s+(?:notice|status|note)\b(?=(?:\s+(?:of|for|on|to)\b.*)?\W*$)
       |^\W*(?:(?:and|is|are|there|any|an?|the|its)\s+)*retractions?(?=(?:\s+(?:of|for)\b.*)?\W*$)
       |\b(?:does|has)\b(?=\s+{_SUBJECT}?.{{0,200}}\b(?:an?|any)\s+retraction\W*$)
       |^\W*(?:(?:and|been|ever|already)\s+)*{_GONE}(?={_END})""",
    _X,
)


@dataclass(frozen=True, slots=True)
class AllRetracted:
    """A question for the papers of a library that were retracted.

    Attributes:
        topic: What they are to be about; empty for all of them.
        is_lacking: Whether those are asked for that were not retracted.
    """

    topic: str = ""
    is_lacking: bool = False


SAYS_RETRACTED: Final = re.compile(
    r"\b(?:retract(?:ed|ions?)|withdrawn|withdrawals?)\b", re.IGNORECASE
)
WORD: Final = re.compile(r"[^\W_]+")
_LIBRARY: Final = frozenset(
    re.findall(
        r"\w+",
        """anything archive articles bibliography collection corpus database entries here
        library mine notices ours papers preprints publications records references
        retractions something studies titles works""",
    )
)
BESIDE: Final = frozenset(
    re.findall(
        r"\w+",
        """a after all already among an and any are aren as been before by can check
        contain contains could count did display do does each ever every find flag for
        found from get gets give go got had has hasn have haven hold how i if in is isn
        journal journals know later list many marked me my no not notice number of one
        ones or our own paper please pls publication publisher publishers recorded report
        reported retract retracted retraction s saved see show since so some still t tell
        that the their there this through to us valid was we were what whether which whole
        with withdrawal withdrawals withdrawn without you your""",
    )
)
# A paper of the conversation, or what papers say: "how do journals retract papers?"
OF_OTHERS: Final = re.compile(
    r"\b(?:it|its|these|those|them|they)\b|\b(?:this|that|the)\s+(?:paper|one)\b"
    r"|^\W*(?:how(?!\s+(?:many|much)\b)|do(?:es)?\s+(?!(?:any|i|we|you|my|our|the|this)\b))"
    r"|^\W*what(?:['’]s|\s+(?:is|are|does|do))\s+(?!(?:my|our|the)\b)",
    _I,
)
NOT: Final = re.compile(
    r"(?<!^is)(?<!^are)\s\W*(?:not|never|no|without)\b|\w(?<!^isn)(?<!^aren)['’]t\b", _I
)
ON_TOPIC: Final = re.compile(
    r"\s(?:(?:that|which)\s)?(?:(?:are|is)\s)?(?:on|about|regarding|concerning|dealing\swith)\s"
    r"(?P<topic>[^?.!]+?)(?=\s(?:(?:that|which)\s)?(?:is|are|was|were|has|have|got)\b[^?]*"
    rf"\b{_GONE}\b|\W*$)",
    _I,
)


def asked_for_retracted(question: str) -> AllRetracted | None:
    """Return the question for all retracted papers, if it is one.

    It has a word for that, one for the library, and no word of another kind beside its topic.
    """
    question = " ".join(question.split())
    on = ON_TOPIC.search(question)
    bare = ON_TOPIC.sub("", question)
    words = {word.lower() for word in WORD.findall(bare)}
    is_of_all = words & _LIBRARY and words <= _LIBRARY | BESIDE
    if not (is_of_all and SAYS_RETRACTED.search(bare)) or OF_OTHERS.search(bare):
        return None
    return AllRetracted(on["topic"].strip() if on else "", is_lacking=bool(NOT.search(bare)))
