"""Decides what kind of answer a question asks for: abstracts, records, the assistant itself, none.

By rules alone, each a pattern over the whole message. What no rule knows asks for abstracts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from rag.query.talk import POLITE
from rag.query.years import PUBLICATIONS

# What a record says of one paper.
Field = Literal["authors", "date", "venue", "link", "code", "bibtex"]
# What records say of a library.
Shelved = Literal["count", "list", "newest", "oldest", "topics", "sources", "author"]

_I: Final = re.IGNORECASE
_X: Final = re.IGNORECASE | re.VERBOSE
_THINGS: Final = (
    r"(?:papers?|articles?|publications?|works|studies|documents?|preprints?|titles|abstracts"
    r"|entries|records|surveys?|reviews?|overviews?|tutorials?|benchmarks?|theses|thesis)"
)
_HERE: Final = (
    r"(?:(?:in|of|from)\s+)?(?:(?:the|this|your|my|our)\s+(?:whole\s+|entire\s+)?"
    r"(?:library|collection|corpus|database|archive|shelf|papers)|here|you\s+have|do\s+you\s+(?:have|know|hold)|we\s+have)"
)

FIELDS: Final[Mapping[Field, re.Pattern[str]]] = {
    "bibtex": re.compile(
        r"\bbib\s?-?tex\b|\b(?:citation|reference|bib)\s+entry\b|\bhow\s+(?:do|can|should|to|would)\s+(?:i\s+|we\s+|one\s+)?cite\b"
        r"|^\W*(?:please\s+)?cite\s+(?:it|this|that|the)\b|\b(?:ris|apa|csl)\s+(?:entry|format|citation)\b"
        r"|\b(?:citation|reference)\s+(?:for|of)\s+(?:it|this|that|the)\b",
        _I,
    ),
    "authors": re.compile(
        r"""\bwho\s+(?:all\s+)?(?:wrote|authored|co-?authored|published|penned|has\s+written
              |(?:is|are|was|were|['’]s)\s+(?:behind|the\s+people\s+behind)
              |made\s+(?:it|this|that)|did\s+(?:it|this|that)(?=\W*$))\b
           |\bwho\s*(?:['’]s|\s+(?:is|are|was|were))\s+(?:the\s+|its\s+|their\s+)?
              (?:(?:first|last|lead|senior|main|corresponding)\s+)?(?:co-?)?(?:authors?|writers?|researchers?)\b
           |\bwho\s+(?:proposed|introduced|invented|developed|created|came\s+up\s+with)\s+(?:it|this|that)\b
           |\b(?:name|names|list|give|show|tell)\s+(?:me\s+)?(?:of\s+)?(?:the\s+|its\s+|all\s+)*authors?\b
           |\b(?:what|which)(?:['’]s|\s+(?:is|are|were|was))?\s+(?:the\s+|its\s+)?(?:names?\s+of\s+(?:the\s+|its\s+)?)?authors?\b(?!\s+\w+\s+(?:propose|claim|say|use))
           |^\W*(?:and\s+)?(?:the\s+|its\s+|what\s+about\s+the\s+)?authors?\s*(?:of\b.*|names?\W*|\W*)$
           |\bauthors?\s+of\s+(?:it|this|that|the)\s*(?:one|paper|work|study)?\W*$
           |\b(?:written|made|authored|published)\s+by\s+wh(?:o|om)\b|\bby\s+whom\b|\bwhose\s+(?:paper|work|idea)\b""",
        _X,
    ),
    "date": re.compile(
        rf"""\bwhen\s+(?:was|were|did|is|has|have)\b.*\b(?:publi(?:shed|cation)|written|released|come\s+out|came\s+out|appear(?:ed)?|submitted|posted)\b
           |\bwhen\s+(?:was|is|did|were)\s+(?:it|this|that|they)\b(?!\s+\w+\s+(?:trained|used|work))
           |\b(?:publication|release)\s+(?:date|year)\b|\b(?:date|year)\s+of\s+(?:publication|release)\b
           |\b(?:what|which|in\s+(?:what|which))\s+(?:year|date)\b(?=.*\b(?:publi\w+|written|released|appear\w*|come\s+out|paper|article|from|{PUBLICATIONS})\b|\W*$)
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
           |\bopen[-\s]sourced?\b|^\W*(?:and\s+)?(?:the\s+|any\s+|its\s+)?(?:code|github|repo(?:sitory)?|source\s?code|implementation)\W*$""",
        _X,
    ),
    "link": re.compile(
        r"""\b(?:link|url|web\s?(?:page|site|address)|pdf|full\s?-?text|doi|arxiv\s+(?:id|number|link|page))\b(?!\s+(?:prediction|between|layer|weight))
              (?=.{0,60}\b(?:it|this|that|paper|one|study|work|article|of|for|to|please)\b|\W*$)
           |\bwhere\s+(?:can|do|could|might)\s+(?:i|we|one)\s+(?:read|find|get|download|access|see)\s+(?:it|this|that|the\s+(?:paper|full|rest|article|pdf))\b
           |\bis\s+(?:it|this|that)\s+on\s+arxiv\b""",
        _X,
    ),
}

LEAST_ALSO: Final = 3  # words

_ON: Final = (
    r"(?:on|about|regarding|concerning|for|with|of|in|that\s+(?:are\s+about|deals?\s+with|uses?|mentions?|concerns?|discuss(?:es)?|covers?|stud(?:y|ies)|have|has|contains?)"
    r"|(?:dealing|concerned)\s+with|mention(?:ing)?|using|covering|related\s+to|(?:are|is)\s+(?:there\s+)?(?:about|on)|deal\s+with|discuss(?:ing)?|which\s+(?:use|mention|are\s+about))"
)
SHELVED: Final[tuple[tuple[Shelved, re.Pattern[str]], ...]] = (
    (
        "count",
        re.compile(
            rf"""{POLITE}(?:how\smany|the\snumber\sof|number\sof|count(?:\sof)?|what\sis\sthe\snumber\sof|tell\sme\show\smany)\s
                (?:of\s(?:the|these|those|your)\s|all\s|the\s|different\s)*(?P<topic>(?:[\w-]+\s){{0,4}}?)(?P<thing>{_THINGS})\b
                (?!\s(?:were|was|did|does|has|had|is|have\sbeen)\b)(?P<rest>.*)$
              |{POLITE}how\s(?:big|large)\sis\s(?:the|this|your|my)\s(?:library|collection|corpus)\b.*$
              |{POLITE}(?:what(?:['’]s|\sis)\sthe\s)?size\sof\s(?:the|this|your|my)\s(?:library|collection|corpus)\b.*$""",
            _X,
        ),
    ),
    (
        "newest",
        re.compile(
            rf"""{POLITE}(?:(?:what|which)(?:['’]s|\s(?:is|are|was|were))?\s|show\s(?:me\s)?|give\sme\s|list\s(?:me\s)?|any\s|find\s(?:me\s)?|tell\sme\s(?:about\s)?)?(?:are\s)?(?:the\s)?
                (?:newest|latest|most\srecent|recent|new)\b\s?(?:one\s|ones\s)?(?P<topic>(?:[\w-]+\s){{0,4}}?)(?P<thing>{_THINGS}|additions?|research|literature|work|news)?\b(?P<rest>.*)$
              |{POLITE}what(?:['’]s|\sis)\snew\b(?P<rest2>.*)$""",
            _X,
        ),
    ),
    (
        "oldest",
        re.compile(
            rf"""{POLITE}(?:(?:what|which)(?:['’]s|\s(?:is|are|was|were))?\s|show\s(?:me\s)?|give\sme\s|list\s(?:me\s)?)?(?:the\s)?
                (?:oldest|earliest)\b\s?(?:one\s|ones\s)?(?P<topic>(?:[\w-]+\s){{0,4}}?)(?P<thing>{_THINGS})?\b(?P<rest>.*)$""",
            _X,
        ),
    ),
    (
        "topics",
        re.compile(
            rf"""{POLITE}(?:tell\sme\s)?(?:what|which)\s(?:(?:are|is)\s(?:the\s|your\s)?)?(?:main\s|major\s|different\s|kinds?\sof\s)*
                (?:topics?|subjects?|themes?|areas?|fields?)\b(?:\W*$|.*\b(?:library|cover\w*|collection|corpus|here|have|papers|there|ask)\b.*$)
              |{POLITE}what(?:['’]s|\sis|\sare)\s(?:this|the|your|my|these|those)\s(?:library|collection|corpus|papers)\s(?:all\s)?about\b.*$
              |{POLITE}what(?:['’]s|\sis)\s(?:in|inside)\s(?:this|the|your|my|here|it)\b(?:\s(?:library|collection|corpus))?\W*$
              |{POLITE}what\s(?:do|does)\s(?:the\s|this\s|your\s|these\s)?(?:library|collection|papers|you)\s(?:cover|contain|hold|have|include)\W*$
              |{POLITE}(?:give\sme\s)?(?:an?\s)?overview\sof\s(?:the|this|your|my)\s(?:library|collection|corpus|papers)\b.*$
              |{POLITE}(?:list|show)\s(?:me\s)?(?:all\s|the\s)*(?:topics|subjects|themes)\b.*$
              |{POLITE}what\s(?:kind|sort|type)s?\sof\s(?:papers?|research|topics?|things?)\s(?:do\syou\shave|are\s(?:there|here|in)|is\s(?:in|here)).*$""",
            _X,
        ),
    ),
    (
        "sources",
        re.compile(
            rf"""{POLITE}(?:(?:what|which)\s|list\s|show\s(?:me\s)?)(?:(?:are|is)\s)?(?:the\s|all\s|my\s)*(?:collections?|sources?|files?)\b(?:\W*$|.*\b(?:there|library|have|come|from|here)\b.*$)""",
            _X,
        ),
    ),
    (
        "list",
        re.compile(
            rf"""{POLITE}(?:list|show|give|name|enumerate|display|print)\s(?:me\s|us\s)?(?:a\slist\sof\s|the\slist\sof\s|the\stitles\sof\s)?(?:all\s|every\s|each\s|the\s|any\s|of\s|your\s)*
                (?P<topic>(?:[\w-]+\s){{0,5}}?)(?P<thing>{_THINGS})\b(?P<rest>.*)$
              |{POLITE}(?:all|every)\s(?:of\s)?(?:the\s|your\s)?(?P<topic2>(?:[\w-]+\s){{0,5}}?)(?P<thing2>{_THINGS})\b(?P<rest2>.*)$
              |{POLITE}(?:(?:is|are)\sthere\s|(?:do|have)\s(?:you|we|i)\s(?:have\s|got\s)?|got\s)?(?:anything|something|any\s(?P<topic3>(?:[\w-]+\s){{0,3}}?)(?P<thing3>{_THINGS}))\s
                (?P<rest3b>(?:on|about|regarding|concerning|related\sto|dealing\swith)\s.*)$
              |{POLITE}(?:(?:list|show|give)\s(?:me\s)?)?everything\s(?P<rest3>(?:on|about|by|from)\s.*)$
              |{POLITE}(?:which|what)\s(?P<topic4>(?:[\w-]+\s){{0,4}}?)(?P<thing4>{_THINGS})\s(?:do\syou\shave|are\s(?:there|here|in\s(?:the|this|your|my)\s\w+)|does\s(?:the|this|your)\slibrary\s(?:have|hold|contain)|have\syou\sgot)\b(?P<rest4>.*)$""",
            _X,
        ),
    ),
)
ALL: Final = re.compile(r"\b(?:all|list|every|everything|each|enumerate|full)\b", _I)
LEADING: Final = re.compile(
    rf"^\W*(?:{_HERE}|(?:are|is)\s+there|there|exist|altogether|in\s+total|overall|all\s+together)\b",
    _I,
)
ANYWHERE: Final = re.compile(
    rf"\b(?:are\s+there\b|there\s+are\b)|\b{_HERE}\b|\b(?:in\s+total|altogether|please|by\s+heart|right\s+now|currently|so\s+far)\b",
    _I,
)
ABOUT: Final = re.compile(
    rf"^\W*{_ON}\s+(?:the\s+(?:topic|subject|field|area)s?\s+(?:of\s+)?)?", _I
)
# What kinds of paper titles call themselves.
KINDS: Final[Mapping[str, str]] = {
    "survey": "survey|review|overview|tutorial|primer",
    "review": "survey|review|overview",
    "overview": "survey|review|overview",
    "tutorial": "tutorial|introduction|primer|guide",
    "benchmark": "benchmark",
    "thesis": "thesis|dissertation",
    "these": "thesis|dissertation",
}


@dataclass(frozen=True, slots=True)
class Shelving:
    """What is asked of the library's records as a whole.

    Attributes:
        what: Which question it is.
        topic: What the papers are to be about; "" for all of them.
        kind: Words of which their titles have one, joined by "|", such as `survey|review`; "".
    """

    what: Shelved
    topic: str = ""
    kind: str = ""


def asked_fields(question: str) -> tuple[Field, ...]:
    """The fields of a record that a question asks for, in the order of the table."""
    return tuple(field for field, asked in FIELDS.items() if asked.search(question))


def without_fields(question: str) -> str:
    """The question without the words that ask for fields of a record."""
    for asked in FIELDS.values():
        question = asked.sub(" ", question)
    return question


# Asks of a paper's text, beside what its record says: "tell me about X and who wrote it".
TELLS_ALSO: Final = re.compile(
    r"\b(?:tell\s+me\s+(?:more\s+)?about|what(?:['’]s|\s+(?:is|are|does|do|did))|how\s+(?:does|do|is|are)"
    r"|explain|summar\w+|describe|why)\b",
    _I,
)


def asks_also(question: str) -> bool:
    """Whether a question asks more than fields of a record."""
    left = without_fields(question)
    return TELLS_ALSO.search(left) is not None and len(left.split()) >= LEAST_ALSO


def asked_of_shelf(question: str) -> Shelving | None:
    """What a question asks of the library's records as a whole, or None."""
    for what, pattern in SHELVED:
        match = pattern.match(question)
        if match is None:
            continue
        groups = match.groupdict()
        thing = _first(groups, "thing")
        before = _first(groups, "topic")
        behind = _topic(_first(groups, "rest"))
        if what == "newest" and not thing and not ABOUT.match(_first(groups, "rest")):
            continue
        is_list = ALL.search(question) or _first(groups, "thing4") or groups.get("rest3b")
        if what == "list" and not is_list:
            continue
        if _is_of_a_paper(question):
            continue
        kind = KINDS.get(thing.lower().removesuffix("s"), "")
        return Shelving(what, " ".join(filter(None, (_topic(before), behind))), kind)
    return None


def _is_of_a_paper(question: str) -> bool:
    """Whether it is a paper that counts or lists something: "how many papers does it review?"."""
    return (
        re.search(
            r"\b(?:it|its|they|survey(?:ed)?\s+(?:by|in)|reviewed|analy[sz]ed)\b", question, _I
        )
        is not None
    )


def _first(groups: Mapping[str, str | None], name: str) -> str:
    return next(
        (value.strip() for key, value in groups.items() if key.startswith(name) and value), ""
    )


def _topic(text: str) -> str:
    """What a listing is to be about: the words behind "on" without "are there in the library"."""
    text = ANYWHERE.sub(" ", text)
    text = re.sub(r"^\W*(?:is|are)\b", " ", text, flags=_I)
    text = ABOUT.sub("", text.strip(" ,;:?.!"))
    return re.sub(r"\s+", " ", text).strip(" ,;:?.!")
