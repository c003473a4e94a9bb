"""Separate the form that a question asks for from what it asks: "as bullet points"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rag.text import count_of

_COUNT: Final = r"(?:an?\s+)?(?P<count>single|one|two|three|four|five|[1-5])"
_MOST: Final = (
    r"(?:(?:at\s+)?(?:the\s+)?"
    r"(?:most|max(?:imum)?\.?|no\s+more\s+than|up\s+to|only|just|exactly)\s+)"
)
_LAST: Final = r"(?:\s*,?\s*(?:only|max(?:imum)?|at\s+most|or\s+less|please|pls|no\s+more))*"
_SENTENCES: Final = r"\s+(?:short\s+|simple\s+)?(?:sentences?|lines?)\b"
SENTENCES: Final = re.compile(
    rf"\b(?:in|with|using|as|give\s+me|answer\s+in)\s+{_MOST}?{_COUNT}{_SENTENCES}{_LAST}"
    rf"|(?:^|[,;–—-]|(?<=\())\s*{_MOST}?{_COUNT.replace('count', 'count2')}{_SENTENCES}{_LAST}"
    r"(?=\W*$|\s*[:)–—-])",
    re.IGNORECASE,
)
BULLETS: Final = re.compile(
    r"\b(?:(?:in|as|with|using)\s+)(?:a\s+|the\s+form\s+of\s+)?(?:short\s+)?(?:bullet(?:ed)?(?:\s+|-)?(?:points?|lists?)|bullets|(?:a\s+)?list\s+of\s+points)\b"
    r"(?:\s+(?:please|pls))?|(?:^|[,;–—-])\s*bullet\s?points?\b(?:\s+(?:please|only|pls))?(?=\W*$|\s*:)",
    re.IGNORECASE,
)
TITLES: Final = re.compile(
    r"\b(?:(?:just|only)\s+(?:(?:show|give|list|tell)\s+(?:me\s+)?)?(?:the\s+|their\s+|its\s+)?(?:titles?|names)(?:\s+of\s+(?:the|those|these)\s+papers)?"
    r"|(?:the\s+)?titles\s+(?:only|alone)|(?:with)?out\s+(?:the\s+)?(?:summaries|descriptions|sentences|quotes))\b(?:\s*,?\s*(?:please|pls))?",
    re.IGNORECASE,
)
PLAINLY: Final = re.compile(
    r"\b(?:in\s+(?:(?:very|really|more)\s+)?(?:simple[rst]*|plain|easy|easier|layman\w*(?:['’]s)?|lay|everyday)\s+(?:words|terms|english|language)"
    r"|(?:in\s+)?plain\s+english|(?:as\s+if|like)\s+i(?:['’]?m|\s+am|\s+were)\s+(?:five|5|ten|10|a\s+(?:child|kid|beginner))|eli5"
    r"|for\s+(?:an?\s+)?(?:beginners?|lay\s?(?:man|person|people)|child(?:ren)?|kids?|dummies))\b(?:\s*,?\s*(?:please|pls))?",
    re.IGNORECASE,
)
EDGES: Final = re.compile(r"^[\s,;:.–—-]+|[\s,;:–—(-]+(?=[?.!]*\s*$)")
UNCLOSED: Final = re.compile(r"\(\s*\)")


@dataclass(frozen=True, slots=True)
class Form:
    """The form that an answer is to have.

    Attributes:
        most_sentences: How many sentences at most; 0 for any number.
        as_bullets: Whether each sentence is an item of a list.
        titles_only: Whether only the titles of papers are asked for.
        plainly: Whether it is to be said in plain words.
    """

    most_sentences: int = 0
    as_bullets: bool = False
    titles_only: bool = False
    plainly: bool = False


NO_FORM: Final = Form()


def form_of(question: str) -> Form:
    """Return the form that a question asks for."""
    counted = SENTENCES.search(question)
    said = (counted["count"] or counted["count2"]).lower() if counted else ""
    most = 1 if said in ("single", "one") else count_of(said) if said else 0
    bullets = BULLETS.search(question) is not None
    titles = TITLES.search(question) is not None
    plainly = PLAINLY.search(question) is not None
    return Form(most, as_bullets=bullets, titles_only=titles, plainly=plainly)


def without_form(question: str) -> str:
    """Return a question without the form it asks for; the whole where nothing else is left."""
    bare = question
    for pattern in (SENTENCES, BULLETS, TITLES, PLAINLY):
        bare = pattern.sub(" ", bare)
    if bare == question:
        return question
    bare = UNCLOSED.sub(" ", bare)
    bare = EDGES.sub("", " ".join(bare.split()))
    return bare if re.search(r"\w{2}", bare) else question
