"""Recognise questions for what went wrong, and the sentences of abstracts that tell of that."""

from __future__ import annotations

import re
from typing import Final

from rag.query.filters import QUOTED
from rag.query.focus import topic_words
from rag.store.lexical import analyze
from rag.types import Paper
from rag.verification.support import quotable_sentences

_FAILING: Final = (
    r"(?:fail\w*|struggl\w+|falls? short|fell short|underperform\w*|suffers?"
    r"|go(?:es)? wrong|went wrong|wrong with|trouble (?:is )?with)"
)
_BADLY: Final = r"(?:do|does|did|perform\w*|works?|worked) (?:so |this )?(?:badly|poorly)"
_NOT: Final = r"(?:\bnot|n['’]t|\bcannot|\bunable to)\b"
# Asks what went wrong: "why did it fail?", "what's the trouble with it", "where does it fall short"
ASKS_FOR_FAILURE: Final = re.compile(
    rf"\b(?:why|where|when|how|what)\b[^?]*\b{_FAILING}\b"
    rf"|\b(?:why|where|when)\b[^?]*\b(?:breaks?|broke|collapse[sd]?|hurts?|{_BADLY})\b"
    rf"|\bwhy\b[^?]*{_NOT}[^?]*\b(?:work|converge|generali[sz]e|scale|learn|train|align|cope"
    r"|perform|succeed|help|hold)\b"
    rf"|\bwhat\b[^?]*{_NOT} work\w*\b"
    r"|\bwhat problems? (?:do|does|did)\b[^?]*\b(?:have|has|face|run into|cause)\b"
    r"|\bwhy (?:is|was|are|were) [^?]* an? (?:problem|failure)\b",
    re.IGNORECASE,
)
ASKED_OF_FAILURES: Final = "work works fail failed wrong trouble problem reason cause"
_SURELY: Final = (
    r"fail(?:s|ed|ing|ures?)?|(?:does|do|did) not|cannot|unable|not robust|suffer\w*|struggl\w+"
    r"|degrad\w+|falls? short|poor(?:ly)?|costly|expensive|infeasible|unsatisfactory|limitations?"
    r"|drawbacks?|shortcomings?|sub-?optimal|deficienc\w+|vulnerable|problems? generali[sz]ing"
)
SURELY_FAILS: Final = re.compile(rf"\b(?:{_SURELY})\b", re.IGNORECASE)
FAILS: Final = re.compile(
    rf"\b(?:{_SURELY}|(?:is|are) not|worse|collaps\w+|intractable|limited|difficult\w*|hard"
    r"|hinders?|hampers?|prone to|lacks?|errors?|loss(?:es)? of|however|yet|problems?"
    r"|bottlenecks?)\b",
    re.IGNORECASE,
)


def lacks_failure(question: str, paper: Paper) -> bool:
    """Return whether a question asks what failed, and the paper tells of no failure of that.

    A failure is that of what the question names; one that nothing else names is the paper's.
    """
    outside = QUOTED.sub(" ", question)
    if not ASKS_FOR_FAILURE.search(outside):
        return False
    said = [each.text for each in quotable_sentences(paper) if SURELY_FAILS.search(each.text)]
    asked = {stem for word in topic_words(FAILS.sub(" ", outside)) for stem in analyze(word)}
    present = set(analyze(f"{paper.title} {paper.abstract}"))
    subject = (asked & present) - set(analyze(ASKED_OF_FAILURES))
    return not any(not subject or subject & set(analyze(text)) for text in said)
