"""Recognise which fields of a record a question asks for: who, when, where, link, retraction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from rag.query.retractions import OF_ONE
from rag.query.years import PUBLICATIONS

# The fields that can be asked for.
Field = Literal["authors", "date", "venue", "link", "code", "bibtex", "abstract", "retraction"]

_I: Final = re.IGNORECASE
_X: Final = re.IGNORECASE | re.VERBOSE

FIELDS: Final[Mapping[Field, re.Pattern[str]]] = {
    "bibtex": re.compile(
        r"\bbib\s?-?tex\b|\b(?:citation|reference|bib)\s+entry\b|\bhow\s+(?:do|can|should|to|would)\s+(?:i\s+|we\s+|one\s+)?cite\b"
        r"|^\W*(?:please\s+)?cite\s+(?:it|this|that|the)\b|\b(?:ris|apa|csl)\s+(?:entry|format|citation)\b"
        r"|\b(?:citation|reference)\s+(?:for|of)\s+(?:it|this|that|the)\b"
        r"|\b(?:entry|entries|citation|reference)\b.{0,40}\b(?:la\s?tex|bibliograph\w+|references?\s+list|list\s+of\s+references|bib\s+file)\b"
        r"|\b(?:la\s?tex|bibliograph\w+)\s+(?:entry|citation|reference)\b",
        _I,
    ),
    "authors": re.compile(
        r"""\bwho\s+(?:all\s+)?(?:wrote|authored|co-?authored|published|penned|has\s+written
              |(?:is|are|was|were|['’]s)\s+(?:behind|the\s+people\s+behind)
              |made\s+(?:it|this|that)|did\s+(?:it|this|that)(?=\W*$))\b
           |\bwho\s*(?:['’]s|\s+(?:is|are|was|were))\s+(?:the\s+|its\s+|their\s+)?
              (?:(?:first|last|lead|senior|main|corresponding)\s+)?(?:co-?)?(?:authors?|writers?|researchers?)\b
           |\bwho\s+(?:proposed|introduced|invented|developed|created|came\s+up\s+with|thought\s+of)\s+
              (?:it|this|that|the\s+(?:first|second|third|last|other)(?:\s+(?:one|paper))?(?=\W*$))\b
           |\b(?:name|names|list|give|show|tell)\s+(?:me\s+)?(?:of\s+)?(?:the\s+|its\s+|all\s+)*authors?\b
           |\b(?:what|which)(?:['’]s|\s+(?:is|are|were|was))?\s+(?:the\s+|its\s+)?(?:names?\s+of\s+(?:the\s+|its\s+)?)?authors?\b(?!\s+\w+\s+(?:propose|claim|say|use))
           |^\W*(?:and\s+)?(?:the\s+|its\s+|what\s+about\s+the\s+)?authors?\s*(?:of\b.*|names?\W*|\W*)$
           |\bauthors?\s+of\s+(?:it|this|that|the)\s*(?:one|paper|work|study)?\W*$
           |\bhow\s+many\s+(?:co-?)?authors\b|\b(?:written|made|authored|published)\s+by\s+wh(?:o|om)\b|\bby\s+whom\b|\bwhose\s+(?:paper|work|idea)\b""",
        _X,
    ),
    "date": re.compile(
        rf"""\bwhen\s+(?:was|were|did|is|has|have)\b.*\b(?:publi(?:shed|cation)|written|released|come\s+out|came\s+out|appear(?:ed)?|submitted|posted)\b
           |\bwhen\s+(?:was|is|did|were)\s+(?:it|this|that|they)\b(?=\W*$|\s+(?:from|out|first|made|done|paper|study|work)\b)
           |\b(?:publication|release)\s+(?:date|year)\b|\b(?:date|year)\s+of\s+(?:publication|release)\b
           |\b(?:what|which|in\s+(?:what|which))\s+(?:year|date)\b(?=.*\b(?:publi\w+|written|released|appear\w*|come\s+out|paper|article|from|{PUBLICATIONS})\b|\W*$)
           |\b(?:which|what)\s+(?:one\s+)?of\s+(?:these|those|them|the\s+(?:two|three|four|five|papers))\b.{{0,40}}
              \b(?:newest|latest|most\s+recent|oldest|earliest)\b
           |\b(?:which|what)\b.{{0,160}}\b(?:came|appeared|is|was|were|are)\s+(?:out\s+|published\s+)?
              (?:first|earlier|later|newer|older|more\s+recent)\b\W*$
           |\b(?:is|are|was)\b.{{0,30}}\b(?:newer|older|more\s+recent|published\s+(?:earlier|later))\s+than\b
           |\bwhere\s+and\s+when\b|\bwhen\s+and\s+where\b|\bhow\s+(?:old|recent)\s+is\b|^\W*(?:and\s+)?(?:when|what\s+year|which\s+year|year|date)\W*$""",
        _X,
    ),
    "venue": re.compile(
        r"""\b(?:published|released|written)\s+and\s+where\b|\bwhere\s+and\s+when\b|\bwhen\s+and\s+where\b
           |\bwhere\s+(?:was|were|did|is|has|have)\b.*\b(?:published|appear(?:ed)?|presented|printed|submitted|come\s+out)\b
           |\b(?:which|what)\s+(?:journal|conference|venue|workshop|proceedings)\b
           |^\W*(?:and\s+)?(?:the\s+)?(?:venue|journal|conference)\W*$|\bpeer[- ]?reviewed\b""",
        _X,
    ),
    "code": re.compile(
        r"""\b(?:code|implementations?|repo(?:sitory)?|github|source\s?code)\b.{0,40}\b(?:available|public\w*|released?|open(?:ed)?|online|anywhere|somewhere|shared|exist)\b
           |\b(?:is|are)\s+there\s+(?:any\s+|an?\s+|some\s+)?(?:public\s+|open\s+|official\s+|source\s+)*(?:code|implementations?|repo\w*|github)\b
           |\b(?:where|link|got|have|has|share[ds]?|releas\w+|publish\w*|provide[sd]?|open[-\s]sourced?)\b
              .{0,40}\b(?:code|repo\w*|github|implementation)\b
           |\bopen[-\s]sourced?\b|^\W*(?:and\s+)?(?:the\s+|any\s+|its\s+)?(?:code|github|repo(?:sitory)?|source\s?code|implementation)\W*$
           |^\W*(?:and\s+)?(?:the\s+)?(?:source\s+)?(?:code|github|repo(?:sitory)?|implementation)\s+(?:for|of|to)\b""",
        _X,
    ),
    "abstract": re.compile(
        r"""\b(?:show|give|read|see|print|quote|display|copy)\s+(?:(?:me|us|to)\s+)*(?:the\s+|its\s+|that\s+)?
              (?:full\s+|whole\s+|entire\s+|complete\s+|original\s+)*abstract\b
           |\bwhat(?:['’]s|\s+is)\s+(?:the|its)\s+(?:full\s+|whole\s+)?abstract\b
           |^\W*(?:and\s+)?(?:the\s+|its\s+)?(?:full\s+|whole\s+|entire\s+)?abstract(?:\s+(?:of|please|pls)\b.*)?\W*$""",
        _X,
    ),
    "link": re.compile(
        r"""(?<!\bin\s)(?<!\bfrom\s)(?<!\bon\s)(?<!\bof\s)\b(?:link|url|web\s?(?:page|site|address)|pdf|full\s?-?text|doi|arxiv\s+(?:id|number|link|page))\b(?!\s+(?:prediction|between|layer|weight))
              (?=.{0,60}\b(?:it|this|that|paper|one|study|work|article|of|for|to|please)\b|\W*$)
           |\bwhere\s+(?:can|do|could|might)\s+(?:i|we|one)\s+(?:read|find|get|download|access|see)\s+(?:it|this|that|the\s+(?:paper|full|rest|article|pdf))\b
           |\bis\s+(?:it|this|that)\s+on\s+arxiv\b""",
        _X,
    ),
    "retraction": OF_ONE,
}

LEAST_ALSO: Final = 3  # words
# Words that ask for a record and say nothing about the topic of its paper.
RECORD_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """address apa arxiv authors available bib bibtex citation cite code conference date doi
        download entry full github implementation journal link notice open pdf peer presented public
        recent reference release repo repository retracted retraction reviewed ris source submitted
        text url venue whom withdrawn workshop""",
    )
)


def asked_fields(question: str) -> tuple[Field, ...]:
    """Return the fields of a record that a question asks for, in the order of the table."""
    return tuple(field for field, asked in FIELDS.items() if asked.search(question))


def without_fields(question: str) -> str:
    """Return a question without the words that ask for fields of a record."""
    for asked in FIELDS.values():
        question = asked.sub(" ", question)
    return question


# Asks about the text of a paper as well: "tell me about X and who wrote it".
TELLS_ALSO: Final = re.compile(
    r"\b(?:tell\s+me\s+(?:more\s+)?about|what(?:['’]s|\s+(?:is|are|does|do|did))\s+(?!(?:the\s+)?(?:of|for)\b)|how\s+(?:does|do|is|are)"
    r"|explain|summar\w+|describe|why)\b",
    _I,
)


def asks_for_text_too(question: str) -> bool:
    """Return whether a question asks for more than fields of a record."""
    left = " ".join(without_fields(question).split())
    return TELLS_ALSO.search(left) is not None and len(left.split()) >= LEAST_ALSO
