"""Find the part of a question that asks, as opposed to the parts that name a paper."""

from __future__ import annotations

import re
from typing import Final

from rag.query.filters import UNTOPICAL
from rag.query.questions import content_words
from rag.text import NUMBER_WORDS, count_of

CLAUSE_END: Final = re.compile(r"[,:;?]|\s[-–—]\s|\.\s")
ASKING: Final = re.compile(
    r"\b(?:how|what|which|who|whose|when|where|why|does|do|did|is|are|was|were|can)\b",
    re.IGNORECASE,
)


# Words that any question about papers may have, so that abstracts need not have them.
ABOUT_PAPERS: Final = UNTOPICAL | frozenset(
    re.findall(
        r"\w+",
        """abbreviation abstract achieve achieved achieves acronym advantage advantages approach
        approaches argue argues authors behind called claim claims compared concept
        conclude concludes conclusion conclusions contribution contributions core define
        bullet bullets form defined definition describe describes detail details difference drawback
        drawbacks exactly explain explains finding findings gist goal happen happens
        idea ideas intuition key limitation limitations line lines main mean meaning means mention
        mentions method methods motivation outcome overview point problem purpose reason
        paragraph reasons refer report reported reports result results say says sentence
        sentences share shares short
        solve solves stand stands summarise summarize summary technique techniques term
        terms topic trick use used uses weakest weakness weaknesses""",
    )
)
# A question that explicitly asks for several papers.
ASKS_FOR_SEVERAL: Final = re.compile(
    r"\b(?:list|who (?!first|came|proposed|wrote|is|are|was|were|made|did|published|authored"
    r"|fund|paid|sponsor|label|annot|collect)"
    r"|(?:which|what|any|some|list|find|show|give|more|other|all|these|those|new|recent|related|similar"
    r"|different|two|three|many|and|are)\s+(?:[\w-]+\s+){0,2}papers\b|^\W*papers\b|papers\s*(?:[^\w\s]|$)"
    r"|papers\s+(?:on|about|for|that|which|with|using|by|from|in|of|dealing|do|are|there|here|where|who"
    r"|[a-z]*ing)\b|works\b|studies|techniques"
    r"|(?:which|what|have|has|do|did|how|other|some|most)\s+(?:people|researchers)\b.{0,30}"
    r"\b(?:propos\w*|tr(?:y|ied)|us\w+|done?|work\w*|stud\w+|suggest\w*|f[io]u?nd|sa(?:y|id)|approach\w*)\b"
    r"|approaches|methods|ways|analyses|anything|evidence|what(?:'?s|\sis) known|differ\b|various"
    r"|compare[ds]?\b(?!\s+(?:to|with|against)\b)"
    r"|what\s+(?:has|have)\s+been\s+(?:done|tried|published|written|found|proposed)|models that)",
    re.IGNORECASE,
)


# Names several things of a kind: "computing in odd matter: lasers, radio waves, memristors".
ENUMERATES: Final = re.compile(
    r"^(?!\W*(?:the|this|that|its|their)\b)(?!.*\b(?:is|are|was|were|do|does|did|can|how|what|which|who|why|when|where)\b)[^:?]{12,}:"
    r"\s*(?:for\s+|in\s+|with\s+)?[\w-]+(?:\s[\w-]+){0,3},\s[\w-]+(?:\s[\w-]+){0,3}"
    r"(?:,|\s(?:and|or)\b|…|\.\.\.)",
    re.IGNORECASE,
)


def asks_for_several(question: str) -> bool:
    """Return whether several papers are asked for, so that no single one has to state all."""
    return bool(ASKS_FOR_SEVERAL.search(question) or ENUMERATES.search(question))


COUNTED: Final = re.compile(
    rf"\b(?P<count>\d{{1,2}}|{'|'.join(NUMBER_WORDS)})\s+(?:[\w-]+\s+){{0,2}}?"
    r"(?:papers|articles|works|studies|publications)\b",
    re.IGNORECASE,
)


def asked_count(question: str) -> int:
    """Return how many papers a question asks for, if it says a number; else 0."""
    match = COUNTED.search(question)
    return count_of(match["count"].lower()) if match else 0


def topic_words(question: str) -> list[str]:
    """Return the words of a question's topic: none for "what results does it report?"."""
    return [word for word in content_words(question) if word not in ABOUT_PAPERS]


# Where another question may begin: "…, and how accurate is it?", "1) which site 2) how many users"
PART_END: Final = re.compile(
    r"[?;:]\s*|\.\s+|,\s+|\s[-–—]\s|(?<!\S)\(?\d\)\s*|\s+(?:and|also|plus|\+|but)\s+"
    r"(?=(?:(?:also|then|on|in|with|by|at|for)\s+)*(?:how|what|which|who|whose|when|where|why|does|do|did|is|are|was|were|can)\b)",
    re.IGNORECASE,
)
ASKS_FIRST: Final = re.compile(
    r"^\W*(?:(?:and|also|then|so|but|plus|on|in|with|by|at|for|from|to)\s+){0,3}"
    r"(?:how|what|which|who|whose|when|where|why|does|do|did|is|are|was|were|can)(?:['’]s)?\b",
    re.IGNORECASE,
)
MOST_PARTS: Final = 4


def asked_parts(question: str) -> list[str]:
    """Return the questions that a message asks of the same thing, at most four; none for one.

    "TideNet: how many buoys, and how accurate is it?" asks "how many buoys" and "how accurate is
    it".
    """
    pieces = (piece.strip() for piece in PART_END.split(question) if piece and piece.strip())
    parts = [piece for piece in pieces if ASKS_FIRST.match(piece) and len(piece.split()) > 1]
    return parts[:MOST_PARTS] if len(parts) > 1 else []


def asking_words(question: str) -> frozenset[str]:
    """Return the words of the last clause that asks something, else of the last clause; lower case.

    "MobileNet lost 11 % after pruning: on which phone?" gives on, which, phone. Words that any
    question about papers may have, such as "work" and "results", are left out.
    """
    clauses = [clause for clause in CLAUSE_END.split(question) if clause.strip()]
    asking = [clause for clause in clauses if ASKING.search(clause)]
    chosen = (asking or clauses or [""])[-1]
    return frozenset(re.findall(r"\w+", chosen.lower())) - ABOUT_PAPERS
