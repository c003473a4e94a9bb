"""Recognise questions about the library's records as a whole: counts, lists, newest, overview.

By rules alone, each a pattern over the whole message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from rag.query.focus import asked_count
from rag.query.library_facts import library_fact
from rag.query.library_question import KINDS, LibraryAspect, LibraryQuestion
from rag.query.retractions import asked_for_retracted
from rag.query.shelf_words import words_of
from rag.query.talk import POLITE

_I: Final = re.IGNORECASE
_X: Final = re.IGNORECASE | re.VERBOSE

_THINGS: Final = (
    r"(?:(?:review|survey|overview)\s(?:papers?|articles?)|papers?|articles?|publications?|works|studies|documents?|preprints?|titles|abstracts"
    r"|entries|records|surveys?|reviews?|overviews?|tutorials?|benchmarks?|theses|thesis)"
)
_HERE: Final = (
    r"(?:(?:in|of|from)\s+)?(?:(?:the|this|your|my|our)\s+(?:whole\s+|entire\s+)?"
    r"(?:library|collection|corpus|database|archive|shelf|papers)|here|(?:you|we|i)\s+have|(?:we|i)['’]ve\s+got"
    r"|do\s+(?:you|we|i)\s+(?:have|know|hold|own|got))"
)

_ON: Final = (
    r"(?:on|about|regarding|concerning|for|with|of|in|that\s+(?:are\s+about|deals?\s+with|uses?|mentions?|concerns?|discuss(?:es)?|covers?|stud(?:y|ies)|have|has|contains?)"
    r"|(?:dealing|concerned)\s+with|mention(?:ing)?|using|covering|related\s+to|(?:are|is)\s+(?:there\s+)?(?:about|on)|deal\s+with|discuss(?:ing)?|which\s+(?:use|mention|are\s+about))"
)
_OF_ALL: Final = r"(?:(?:out\s)?of\s(?:all\s)?(?:the|your|my|our|these)\s)?"
SHELVED: Final[tuple[tuple[LibraryAspect, re.Pattern[str]], ...]] = (
    (
        "count",
        re.compile(
            rf"""{POLITE}(?:(?:how\smany|the\snumber\sof|number\sof|count(?:\sof)?|what\sis\sthe\snumber\sof|tell\sme\show\smany)\s
                (?:of\s(?:the|these|those|your)\s|all\s|the\s|different\s)*(?P<topic>(?:[\w-]+\s){{0,4}}?)(?P<thing>{_THINGS})\b
                (?!\s(?:were|was|did|does|has|had|is|have\sbeen)\b)(?P<rest>.*)$
              |how\s(?:big|large)\sis\s(?:the|this|your|my)\s(?:library|collection|corpus)\b.*$
              |(?:what(?:['’]s|\sis)\sthe\s)?size\sof\s(?:the|this|your|my)\s(?:library|collection|corpus)\b.*$)""",
            _X,
        ),
    ),
    (
        "topics",
        re.compile(
            rf"""{POLITE}(?:(?:tell\sme\s)?(?:what|which)\s(?:(?:are|is)\s(?:the\s|your\s)?)?(?:main\s|major\s|different\s|kinds?\sof\s)*
                (?:topics?|subjects?|themes?|areas?|fields?)\b(?:\W*$|.*\b(?:library|cover\w*|collection|corpus|here|have|papers|there|ask)\b.*$)
              |what(?:['’]s|\sis|\sare)\s(?:this|the|your|my|these|those)\s(?:library|collection|corpus|papers)\s(?:all\s)?about\b.*$
              |what(?:['’]s|\sis)\s(?:in|inside)\s(?:this|the|your|my|here|it)\b(?:\s(?:library|collection|corpus))?\W*$
              |what\s(?:do|does)\s(?:the\s|this\s|your\s|these\s)?(?:library|collection|papers|you)\s(?:cover|contain|hold|have|include)\W*$
              |(?:summari[sz]e|sum\sup|describe)\s(?:everything|all\s(?:of\s)?(?:it|them|(?:the\s|my\s|your\s|these\s)?{_THINGS})
                |(?:the|this|your|my)\s(?:whole\s|entire\s)?(?:library|collection|corpus))(?:\sin\s(?:it|here|(?:the|this|my|your)\s\w+))?\W*$
              |(?:what(?:['’]s|\sis)\s)?(?:the\s)?(?:main\s|general\s)?(?:focus|scope|contents?|gist|essence|themes?)\sof\s(?:the|this|your|my)\s(?:library|collection|corpus|papers)\W*$
              |what\s(?:can|could|will)\s(?:i|we|one)\s(?:find|read|look\sup)\s(?:here|in\s(?:the|this|your|my)\s(?:library|collection|corpus))\W*$
              |what\sdo\syou\sknow(?:\s(?:all\s)?about)?\W*$
              |surprise\sme\W*$|(?:just\s)?(?:tell|show|give)\sme\s(?:something|anything)(?:\s(?:interesting|cool|fun|nice|new|good)(?:\sto\sread)?)?\W*$
              |(?:give|show|pick|recommend|suggest)\s(?:me\s)?(?:any|a\srandom|some|a\sfew|an?\sinteresting)\s(?:random\s|interesting\s)?{_THINGS}(?:\sfor\sme|\sto\sread)?\W*$
              |how\smany\s(?:different\s)?(?:topics?|subjects?|themes?|areas?|fields?)\b.*\b(?:library|cover\w*|collection|corpus|here|you\shave)\b.*$
              |is\s(?:the|this|your|my)\s(?:library|collection|corpus)\s(?:only|just|mainly|mostly)\sabout\b.*$
              |(?:give\sme\s)?(?:an?\s|the\s)?(?:short\s|brief\s|quick\s)?(?:overview|summary)\sof\s(?:the|this|your|my)\s(?:library|collection|corpus|papers)\b.*$
              |(?:list|show)\s(?:me\s)?(?:all\s|the\s)*(?:topics|subjects|themes)\b.*$
              |what\s(?:kind|sort|type)s?\sof\s(?:papers?|research|topics?|things?)\s(?:do\syou\shave|are\s(?:there|here|in)|is\s(?:in|here)).*$)""",
            _X,
        ),
    ),
    (
        "list",
        re.compile(
            rf"""{POLITE}(?:(?:list|show|give|name|enumerate|display|print)\s(?:me\s|us\s)?(?:a\slist\sof\s|the\slist\sof\s|the\stitles\sof\s)?(?:all\s|every\s|each\s|the\s|any\s|of\s|your\s)*
                (?P<topic>(?:[\w-]+\s){{0,5}}?)(?P<thing>{_THINGS})\b(?P<rest>.*)$
              |(?:are\sthere\s|(?:do|have)\s(?:you|we)\s(?:have\s)?)?any\s(?P<topic5>(?:[\w-]+\s){{0,3}}?)(?P<thing5>surveys?|reviews?|overviews?|tutorials?|benchmarks?|theses|thesis)\W*$
              |(?:all|every)\s(?:of\s)?(?:the\s|your\s)?(?P<topic2>(?:[\w-]+\s){{0,5}}?)(?P<thing2>{_THINGS})\b(?P<rest2>.*)$
              |(?:(?:is|are)\sthere\s|(?:do|have)\s(?:you|we|i)\s(?:have\s|got\s)?|got\s)?(?:anything|something|any\s(?P<topic3>(?:[\w-]+\s){{0,3}}?)(?P<thing3>{_THINGS}))\s
                (?P<rest3b>(?:on|about|regarding|concerning|related\sto|dealing\swith)\s.*)$
              |what\s(?:else\s)?(?:do|have)\s(?:you|we|i)\s(?:have\s|got\s|hold\s)?(?:here\s)?(?P<rest3c>(?:on|about|regarding|concerning)\s(?!(?:it|that|this|them|these|those)\b).*)$
              |what\sis\s(?:here|there|in\s(?:the|this|your|my)\slibrary)\s(?P<rest3d>(?:on|about|regarding|concerning)\s(?!(?:it|that|this|them)\b).*)$
              |(?:show\s(?:me\s)?|list\s(?:me\s)?)?all\s(?:that\s)?(?:you|we|i)(?:['’]ve|\shave)(?:\sgot)?\s(?P<rest3e>(?:on|about|regarding|concerning)\s.*)$
              |(?:(?:list|show|give)\s(?:me\s)?)?everything\s(?:(?:that\s)?(?:you|we|i)(?:['’]ve|\shave)(?:\sgot)?\s)?(?P<rest3>(?:on|about|by|from)\s.*)$
              |(?:which|what)\s(?P<topic4>(?:[\w-]+\s){{0,4}}?)(?P<thing4>{_THINGS})\s(?:do\syou\shave|are\s(?:there|here|in\s(?:the|this|your|my)\s\w+)|does\s(?:the|this|your)\slibrary\s(?:have|hold|contain)|have\syou\sgot
                |(?:can|could|do)\syou\s(?:offer|show|give|list)(?:\s(?:me|us))?)\b(?P<rest4>.*)$)""",
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
    rf"\b(?:are\s+there\b|there\s+are\b)|\b{_HERE}\b|\b(?:in\s+total|altogether|please|by\s+heart|right\s+now|currently|so\s+far)\b"
    r"|\b(?:that\s+)?(?:you|we|i)\s+know(?:\s+the\s+date\s+of)?\b"
    r"|\b(?:with|that\s+ha(?:s|ve)|having)\s+(?:an?\s+|any\s+)?(?:known\s+|recorded\s+)?dates?\b",
    _I,
)
ABOUT: Final = re.compile(
    rf"^\W*{_ON}\s+(?:the\s+(?:topic|subject|field|area)s?\s+(?:of\s+)?)?", _I
)
NUMBER_BEFORE: Final = re.compile(
    r"^\s*(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\b", _I
)
NARROWS: Final = re.compile(
    r"^\W*(?:(?:and|only|just|now|show(?:\s+me)?|which\s+is|what\s+is)\s+)*(?:the\s+)?"
    r"(?P<which>newest|latest|most\s+recent|oldest|earliest)(?:\s+(?:ones?|papers?|of\s+(?:them|these|those)))?\W*$",
    _I,
)
PAPERS_ON: Final = re.compile(rf"^\W*{_THINGS}\s+{_ON}\s+", _I)
PAPERS_ALONE: Final = re.compile(
    rf"^\W*(?:(?:all|any|the|which|what|show|list|give|me)\s+)*{_THINGS}(?:\s+(?:is|are|were|was))?\W*$",
    _I,
)


# Papers on anything else than a topic: "which papers are not about graphs?"
NOT_ON: Final = re.compile(
    rf"""^(?P<papers>.*?\b{_THINGS}\b.*?)[\s,]+(?:(?:that|which|but)\s)?
        (?:(?:(?:is|are|do|does|have|has|but)\s)?not\s|(?:is|are|do|does|have|has)n['’]?t\s)
        (?:(?:to\sdo\swith|about|on|deal(?:ing)?\swith|concern(?:ed\swith|ing)?|us(?:e|es|ing)|mention(?:s|ing)?|related\sto|cover(?:s|ing)?)\s)+
        (?P<unlike>[^?.!]+)[?.!\s]*$
      |^(?P<all>.*?\b{_THINGS}\b.*?)[\s,]+(?:except|excluding|other\sthan|apart\sfrom)\s(?:(?:those|the\sones|papers|for)\s)*(?:(?:on|about)\s)?(?P<but>[^?.!]+)[?.!\s]*$""",
    _X,
)
ANY_PAPERS: Final = re.compile(
    rf"^\W*(?:(?:which|what|show|list|find|give|me|all|the|are|there|any|is|how\s+many|of|my|your|our|these)\s+)*{_THINGS}"
    rf"(?:\s+(?:(?:that|which)\s+)?(?:are|is|do|does|have|{_HERE}))*\W*$",
    _I,
)


_SOME: Final = (
    r"(?:any|some|many|more|several|enough|much|lots|plenty|(?:quite\s)?a\s(?:lot|few)|anything"
    r"|something|stuff)"
)
# Which of one's own papers are on a topic: "which of my papers deal with tides?", "who in this
# library works on tides?", "tides: which papers do we have?"
_OWN: Final = r"(?:my|our|your|the|these|those|this)"
_SHELF: Final = rf"{_OWN}\s(?:own\s|whole\s|entire\s)?(?:library|collection|corpus|papers|shelf)"
_IS_ON: Final = (
    r"(?:(?:is|are)\s(?:about|on|related\sto)|(?:talks?|speaks?)\s(?:about|of)|deals?\swith|mentions?|discuss(?:es)?|covers?"
    r"|concerns?|ha(?:s|ve)\s(?:some|any)?thing\sto\sdo\swith|ha(?:s|ve)\sto\sdo\swith|relates?\sto|contains?)"
)
INVENTORIES: Final = tuple(
    re.compile(pattern, _X)
    for pattern in (
        rf"""{POLITE}(?:which|what)\s(?:ones?\s)?(?:of\s{_OWN}\s(?:own\s)?{_THINGS}|{_THINGS}\sof\s(?:mine|ours|yours)
            |{_THINGS}\s(?:here|in\s{_SHELF}))\s(?:that\s)?{_IS_ON}\s(?P<topic>.+)$""",
        rf"""{POLITE}(?:(?:do|does)\s(?:you|we|{_SHELF})\s(?:have|hold|contain|own)|have\s(?:you|we)(?:\sgot)?|(?:is|are)\sthere|(?:you\s)?got)\s
            (?:(?:(?:so|too|very|that)\s)?{_SOME}(?:\sof)?\s|(?={_THINGS}))(?:(?:{_THINGS}|literature|research|stuff)\s)?
            (?:{_HERE}\s)?(?:on|about|regarding|concerning|dealing\swith|related\sto|covering)\s(?P<topic>.+)$""",
        rf"""{POLITE}how\smuch\s(?:do|have)\s(?:you|we)\s(?:have\s|got\s)?(?:on|about)\s(?P<topic>.+)$""",
        rf"""{POLITE}(?:do|does|are|is)\s(?:any|some)(?:thing|one)?\s(?:of\s{_OWN}\s(?:own\s)?{_THINGS}|in\s{_SHELF})\s
            (?:{_IS_ON}|about|on|related\sto)\s(?P<topic>.+)$""",
        rf"""{POLITE}(?:who|which\s(?:authors|people|groups))\s(?:in|of|from)\s{_SHELF}\s
            (?:works?|worked|writes?|wrote|publish\w*|does\sresearch)\s(?:on|about|with)\s(?P<topic>.+)$""",
        rf"""{POLITE}(?P<topic>[^:?,]{{3,60}}?)\s?(?::|\s[-–—]|,)\s(?:which|what|any)\s(?:{_THINGS}\s)?
            (?:(?:do|have)\s(?:you|we|i)(?:\s(?:have|got))?|are\sthere)(?:\s(?:here|in\s{_SHELF}|on\s(?:it|this|that)))*\W*$""",
    )
)
POINTS_BACK: Final = re.compile(r"(?:it|this|that|them|these|those)\b", _I)
LONGEST_INVENTORY: Final = 5  # words of a topic that titles or abstracts may have


def _asked_of_inventory(question: str) -> LibraryQuestion | None:
    """Return the question for all papers on a short topic, if one asks which of them there are."""
    for pattern in INVENTORIES:
        if match := pattern.match(" ".join(question.split())):
            topic = _topic(match["topic"])
            is_short = 0 < len(topic.split()) <= LONGEST_INVENTORY and not POINTS_BACK.match(topic)
            before = words_of(question[: match.start("topic")])
            kinds = [
                KINDS[word[:-1]] for word in before if word.endswith("s") and word[:-1] in KINDS
            ]
            return LibraryQuestion("list", topic, kinds[0] if kinds else "") if is_short else None
    return None


WITHOUT: Final = re.compile(r"(?<!\w)w/o(?!\w)", _I)


def find_library_question(question: str) -> LibraryQuestion | None:
    """Return what a question asks of the library's records as a whole, if anything."""
    question = WITHOUT.sub("without", question)
    if retracted := asked_for_retracted(question):
        topic, is_lacking = retracted.topic, retracted.is_lacking
        return LibraryQuestion("list", topic, field="retraction", is_lacking=is_lacking)
    if fact := library_fact(question):
        return fact
    return _asked_without(question) or _asked_of_inventory(question) or _asked_of_shelf(question)


def _asked_without(question: str) -> LibraryQuestion | None:
    """Return the question for papers that are not on a topic, if it is one."""
    match = NOT_ON.match(question)
    if match is None:
        return None
    papers, unlike = match["papers"] or match["all"], _topic(match["unlike"] or match["but"])
    asked = _asked_of_shelf(papers)
    if asked is None and (on := PAPERS_ON.match(papers)):
        asked = LibraryQuestion(
            "list",
            re.sub(r"\W*(?:that|which)?\W*(?:are|is)?\W*$", "", papers[on.end() :], flags=_I),
        )
    if asked is None and ANY_PAPERS.match(papers):
        is_count = re.search(r"\bhow\s+many\b", papers, _I)
        asked = LibraryQuestion("count" if is_count else "list")
    return replace(asked, unlike=unlike) if asked and unlike else None


def _asked_of_shelf(question: str) -> LibraryQuestion | None:
    for what, pattern in SHELVED:
        match = pattern.match(question)
        if match is None:
            continue
        groups = match.groupdict()
        thing = _first(groups, "thing")
        before = _first(groups, "topic")
        behind = _topic(_first(groups, "rest"))
        named = ("thing4", "thing5", "rest3b", "rest3c", "rest3d", "rest3e")
        is_list = ALL.search(question) or any(groups.get(name) for name in named)
        if what == "list" and not is_list:
            continue
        if _is_of_a_paper(question):
            continue
        kind = KINDS.get(thing.lower().split()[0].removesuffix("s"), "") if thing else ""
        before = NUMBER_BEFORE.sub("", before)
        topic = " ".join(filter(None, (_topic(before), behind)))
        return LibraryQuestion(what, topic, kind, most=asked_count(question))
    return None


def narrow_to_newest(
    question: str, earlier: str, *, is_limited: bool = False
) -> LibraryQuestion | None:
    """Return the last question about the records, limited by "only the newest"; None otherwise.

    Args:
        question: What is asked.
        earlier: The question before, without its filters.
        is_limited: Whether it had any, so that it needs no topic.
    """
    match = NARROWS.match(question)
    if not match:
        return None
    asked = find_library_question(earlier)
    topic = asked.topic if asked else PAPERS_ALONE.sub("", PAPERS_ON.sub("", earlier)).strip(" ?.!")
    what: LibraryAspect = "oldest" if match["which"].lower() in ("oldest", "earliest") else "newest"
    is_of_something = topic or is_limited
    return LibraryQuestion(what, topic, asked.kind if asked else "") if is_of_something else None


def _is_of_a_paper(question: str) -> bool:
    """Return whether a paper counts or lists things: "how many papers does it review?"."""
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
    """Return the topic of a listing: what follows "on", without "are there in the library"."""
    text = ANYWHERE.sub(" ", text)
    text = re.sub(r"^\W*(?:is|are)\b", " ", text, flags=_I)
    text = ABOUT.sub("", text.strip(" ,;:?.!"))
    return re.sub(r"\s+", " ", text).strip(" ,;:?.!")
