"""Resolves what a follow-up points at: "it", "the second one", "[2]", "both", "tell me more"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rag.query.details import without_details
from rag.query.fields import asked_fields, without_fields
from rag.query.focus import own_words
from rag.store.lexical import analyze
from rag.types import Message, Paper

ORDINALS: Final = (
    "first|1st",
    "second|2nd",
    "third|3rd",
    "fourth|4th",
    "fifth|5th",
    "sixth|6th",
    "seventh|7th",
    "eighth|8th",
    "ninth|9th",
    "tenth|10th",
)
NUMBERS: Final = {"two": 2, "2": 2, "three": 3, "3": 3, "four": 4, "4": 4, "five": 5, "5": 5}
_THING: Final = (
    r"(?:one|paper|work|study|result|method|approach|article|item|entry|title"
    r"|of\s+(?:them|these|those))"
)
ORDINAL: Final = re.compile(
    rf"(?<!per )(?<!each )(?<!every )(?<!a )\b(?:the\s+)?(?P<word>{'|'.join(ORDINALS)}|last)"
    rf"(?=\s+{_THING}\b|['’]s\b|\s*(?:[?.!,]|$|and\b|or\b|in\b))"
    r"|\[(?P<marker>\d{1,3})\]|\b(?:paper|number|no\.?|result|item)\s*#?(?P<place>\d{1,2})\b|(?<!\w)#(?P<hash>\d{1,2})\b",
    re.IGNORECASE,
)
SEVERAL: Final = re.compile(
    rf"\b(?P<end>first|last)\s+(?P<count>{'|'.join(NUMBERS)})\b"
    r"|\b(?P<both>both|the\s+two|these\s+two|those\s+two|two\s+of\s+them)\b"
    r"|\b(?P<all>(?:all|each|any|which|none|some)\s+of\s+(?:them|these|those)|them|these|those|they|their"
    r"|(?:these|those)\s+(?:papers|works|studies|methods|approaches)"
    r"|which(?:\s+one)?\s+(?=(?:is|was|are|does|do|has|have|works?|performs?|uses?|needs?|gives?)\b))\b",
    re.IGNORECASE,
)
# Asks for other papers, whatever it points at: "is there drug discovery work with it?"
SEARCHES_ON: Final = re.compile(
    r"\bin\s+the\s+first\s+place\b"
    r"|\b(?:came\s+up\s+with|invented|introduced|coined)\s+(?:these|those|this|that|such|the)\s+[a-z]"
    r"|\b(?:(?:is|are)\s+there|(?:did|has|have|does|do)\s+(?:any\w*|some\w*|people|others?)"
    r"|any\s+(?:other\s+)?(?:works?|papers?|studies|research|attempts?)|which\s+(?:other\s+)?(?:papers?|works?)"
    r"|(?:something|anything|papers?|works?)\s+(?:similar|like|else)|who\s+else|elsewhere)\b",
    re.IGNORECASE,
)
# Asks for papers beside those that were cited.
ASKS_FOR_OTHERS: Final = re.compile(
    r"\b(?:other|more|further|additional|different)\s+(?:\w+\s+)?(?:papers?|works?|studies|articles|approaches|methods)\b"
    r"|\b(?:any(?:thing|one|body)|some(?:thing|one|body)|who|what)\s+else\b(?!\s+(?:do|does|did|is|are|can|about\s+it)\b)"
    r"|\b(?:similar|related)\s+(?:papers?|works?|studies|articles|to\s+(?:it|this|that))\b"
    r"|\b(?:papers?|works?|something|anything)\s+(?:like|similar\s+to)\s+(?:it|this|that)\b",
    re.IGNORECASE,
)
SELECTS: Final = re.compile(
    r"\b(?:which|any|some|none|what)\s+(?:ones?\s+)?of\s+(?:them|these|those)\b|\bwhich\s+ones?\b"
    r"|\b(?:do|does|did|is|are|was|were|has|have)\s+any\s+of\s+(?:them|these|those)\b",
    re.IGNORECASE,
)
LOOSELY: Final = re.compile(r"\b(?:they|their|these|those|them)\b(?<!of them)", re.IGNORECASE)
OTHER: Final = re.compile(r"\bthe\s+other(?:\s+(?:one|paper))?\b(?!\s+\w+s\b)", re.IGNORECASE)
ONE: Final = re.compile(
    r"\b(?:it|its|it['’]s|he|she|his|her)\b"
    r"|\b(?:this|that|the(?:\s+same)?)\s+(?:papers?|work|study|method|approach|one|model|article"
    r"|authors?|abstract|network|architecture|technique|algorithm|framework|system|results?|idea)\b"
    r"|\b(?:this|that)(?=\s*(?:[?.!,]|$))|\bthey\b|\btheir\b",
    re.IGNORECASE,
)
COMPARES: Final = re.compile(
    r"\b(?:compare|contrast|versus|vs|differ\w*|better|similarit\w+|side\s+by\s+side)\b",
    re.IGNORECASE,
)
# Asks what came out of it, and puts no papers side by side: "how much better is it than before?"
BETTER_THAN: Final = re.compile(
    r"\bhow\s+(?:much|far|many)\b.*\bbetter\b|\bbetter\s+(?:\w+\s+){0,3}?than\b", re.IGNORECASE
)
# Puts the paper of the last answer beside another: "is that newer than the first one?"
THAN: Final = re.compile(r"\b(?:it|this|that|this\s+one|that\s+one)\b.*\bthan\b", re.IGNORECASE)
MORE: Final = re.compile(
    r"""^\W*(?:(?:and|ok(?:ay)?|please|yes|can\syou|could\syou)\W+)*
        (?:tell\sme\smore|say\smore|more(?:\s(?:details?|please|info\w*|about\s(?:it|this|that)))?
        |go\son|continue|elaborate|expand|what\selse|anything\selse|(?:any\s|give\sme\s)more\sdetails?
        |keep\sgoing|in\smore\sdetail|details)
        (?:\s(?:on|about|of)\s(?:it|this|that|them|the\s\w+(?:\s(?:one|paper))?|\[\d+\]))?
        (?:\s(?:does|do)\s(?:it|they)\s(?:say|report|show))?
        (?:[\s,!.]+please)?\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
SIMPLER: Final = re.compile(
    r"\b(?:(?:simple[rst]?|plain)\s+english|simple[rst]?|plain|easy|easier|layman\w*|lay|eli5|like\si(?:['’]?m|\sam)\s(?:five|5|ten))\b"
    r"|\bshort(?:er)?\b|\bbrief(?:ly|er)?\b|\bconcise(?:ly)?\b|\b(?:one|1)\s+sentence\b"
    r"|\btranslat\w+|\bsimplif\w+|\bin\s(?:your\sown|other)\swords\b|\brephrase\b|\bparaphrase\b|\bfor\s(?:a\s)?(?:child|kid|beginner|dumm)\w*",
    re.IGNORECASE,
)
# What a bare follow-up may ask of the paper before: "with which data?", "any experiments?"
ASPECTS: Final = frozenset(
    re.findall(
        r"\w+",
        """data dataset datasets benchmark benchmarks experiment experiments evaluated evaluation
        tested trained training task tasks performance accuracy metric metrics
        baseline baselines architecture code hardware novelty new contribution future
        work impact application applications example examples assumption assumptions
        numbers speed size cost costs suggest suggests suggested recommend advise instead exactly
        actually really need needs rely relies exploit exploits happens give gives get gets""",
    )
)
# A question that is cut short asks the same paper: "what dice score?", "and the auc?"
CUT_SHORT: Final = re.compile(
    r"""^\W*(?:(?:and|so|ok(?:ay)?|but|hm+|then)\W+)*(?:(?:on|with|in|for|at|from|by|using|over|to|against|of)\s+)?
        (?:(?:which|what|whose|how\s(?:many|much))(?:\s(?:kinds?|sorts?|types?)\sof)?\s(?:\w[\w-]*\s?){1,3}
          |any\s\w[\w-]*(?:\s\w+)?|why\s(?:no|not|so|only)(?:\s\w[\w-]*){1,3}
          |(?<=\s)(?:wh(?:om?|ich|at))|(?<=\W)(?:the|its|their)\s\w[\w-]*(?:\s\w+)?|how\s(?:big|large|long|fast|deep|accurate|good|high|well|much|many)(?:\s\w+)?)
        \W*$""",
    re.IGNORECASE | re.VERBOSE,
)
SAYS_SOMETHING: Final = re.compile(
    r"\b(?:is|are|was|were|be|do|does|did|can|could|should|would|will|has|have|had|about|there|here"
    r"|you|i|we|papers?|works|studies|surveys?|articles?)\b",
    re.IGNORECASE,
)
FEW_OWN: Final = 1  # own words beside a pronoun: "how did they measure that?"
MOST_BARE: Final = 3  # words
MOST_BESIDE: Final = 2  # papers of an answer to which the others only come close
LEAST_COMPARED: Final = 2
SHORT: Final = 8  # words of a message that may only say how the answer should be told
# "And spiking networks?" names another topic, "and for LSTMs?" keeps to the one before.
_FILLERS: Final = r"^\W*(?:(?:ok(?:ay)?|so|now|then|well|and|but|hm+|thanks?|great|cool)\W+)*"
TURNS: Final = re.compile(
    rf"{_FILLERS}(?:(?:what|how)\s+about|and|now|next|back\s+to)\b", re.IGNORECASE
)
# Says in so many words that what follows has nothing to do with the conversation.
CHANGES_TOPIC: Final = re.compile(
    rf"{_FILLERS}(?:(?:(?:an?|one|a\s+completely)\s+)?(?:different|another|new|other|unrelated|separate)"
    r"\s+(?:thing|topic|question|subject|matter)|something\s+(?:else|different|new|unrelated)"
    r"|(?:let['’]?s\s+)?(?:change|changing|switch|switching)\s+(?:of\s+)?(?:the\s+)?(?:topics?|subjects?)"
    r"|on\s+(?:a\s+different|another)\s+(?:note|topic|subject)|unrelated(?:ly)?)\s*[,:;.!–—-]+\s*",
    re.IGNORECASE,
)
# "Back to the metals: …", "the first one again: …" return to what was talked of earlier.
RETURNS: Final = re.compile(
    rf"{_FILLERS}(?:(?:let['’]?s\s+)?(?:go(?:ing)?|com(?:e|ing)|get(?:ting)?)\s+)?"
    r"(?:back\s+to|return(?:ing)?\s+to|again\s+about)\b",
    re.IGNORECASE,
)
# A thing beside which the last answer's is put: "does it work for LSTMs too?"
APPLIED_TO: Final = re.compile(
    r"\b(?:for|on|in|with|to|against|using|about|like|inside|within)\s+((?:\w[\w-]*\s?){1,3})",
    re.IGNORECASE,
)
# What stands before the "it" of "and how many layers does it have?" is what is asked of it.
ASKED_OF_IT: Final = re.compile(
    r"\s*(?:what|which|how|when|where|why)\b.*\b"
    r"(?:do|does|did|is|are|was|were|has|have|had|can|could|would|will)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pointed:
    """The papers of earlier answers that a follow-up is about.

    Attributes:
        papers: In the order in which they are pointed at.
        is_sure: Whether no others can be meant: they are pointed at by place or number, or the
            question says nothing of its own.
        is_pronoun: Whether a pronoun does, in a question that says something of its own.
    """

    papers: tuple[Paper, ...] = ()
    is_sure: bool = False
    is_pronoun: bool = False


NOWHERE: Final = Pointed()


def last_cited(history: Sequence[Message]) -> list[Paper]:
    """The papers of the last answer that cites any, in the order of its citations."""
    return next(reversed(list(_cited(history))), [])


def pointed_papers(question: str, history: Sequence[Message]) -> Pointed:
    """The papers that a follow-up points at; none where it stands on its own."""
    answers = list(_cited(history))
    if not answers:
        return NOWHERE
    latest, several = answers[-1], _listed(answers)
    placed = _placed(question, history, several)
    if placed or _asks_for_a_field(question):
        return Pointed(tuple(placed or latest[:1]), is_sure=True)
    if RETURNS.match(question):
        return _returned(question, answers)
    if SEARCHES_ON.search(question) or _means_itself(question):
        return NOWHERE
    if many := _several(question, latest, several):
        is_sure = not LOOSELY.search(question) or compares(question) or selects(question)
        return Pointed(tuple(many), is_sure=is_sure or not own_of(question))
    if compares(question) and not own_words(COMPARES.sub(" ", question)):
        return Pointed(tuple(several), is_sure=True) if len(several) > 1 else NOWHERE
    if is_cut_short(question):
        return Pointed(tuple(latest if len(latest) > MOST_BESIDE else latest[:1]), is_sure=True)
    return _one(question, latest[0])


def _asks_for_a_field(question: str) -> bool:
    """Whether a question asks for nothing but a field of the record: "is there code for it?"."""
    is_other = SEVERAL.search(question) or ASKS_FOR_OTHERS.search(question)
    points = ONE.search(question)
    return bool(asked_fields(question) and points and not is_other and not own_of(question))


def cited_before(question: str, history: Sequence[Message]) -> tuple[str, ...]:
    """The ids of the papers of earlier answers, where a follow-up asks for others than these."""
    if not ASKS_FOR_OTHERS.search(question):
        return ()
    return tuple({paper.paper_id for papers in _cited(history) for paper in papers})


def selects(question: str) -> bool:
    """Whether some of the papers before are asked for by what they say: "which of them use …?"."""
    return SELECTS.search(question) is not None


def searches_on(question: str) -> bool:
    """Whether other papers are asked for, whatever is pointed at."""
    return bool(SEARCHES_ON.search(question) or ASKS_FOR_OTHERS.search(question))


def has_pronoun(question: str) -> bool:
    """Whether a pronoun or "the method" may stand for a paper before."""
    return ONE.search(question) is not None and not _means_itself(question)


def _listed(answers: Sequence[Sequence[Paper]]) -> Sequence[Paper]:
    """What ordinals count: the papers of the last answer that cites several.

    Where none does, the papers that the answers are about, one after the other.
    """
    several = next((papers for papers in reversed(answers) if len(papers) > 1), None)
    return several or list({papers[0].paper_id: papers[0] for papers in answers}.values())


def _returned(question: str, answers: Sequence[Sequence[Paper]]) -> Pointed:
    """The paper of the conversation that has most of what "back to …" says; the latest of these."""
    asked = {stem for word in own_of(question) for stem in analyze(word)}
    papers = list({p.paper_id: p for papers in answers for p in papers}.values())
    shared = [len(asked & set(analyze(f"{p.title} {p.abstract}"))) for p in papers]
    if not any(shared):
        return NOWHERE
    best = max(range(len(papers)), key=lambda n: (shared[n], n))
    return Pointed((papers[best],), is_sure=True)


def _one(question: str, paper: Paper) -> Pointed:
    """The paper, where a question goes on about it: in so many words, or having none of its own."""
    own = own_of(COMPARES.sub(" ", question))
    if MORE.match(question) or asks_for_other_words(question) or not own:
        return Pointed((paper,), is_sure=True)
    if not ONE.search(question):
        return NOWHERE
    return Pointed((paper,), is_sure=len(own) <= FEW_OWN, is_pronoun=True)


def is_bare(question: str) -> bool:
    """Whether a follow-up is hardly more than the name of what it asks for: "license?"."""
    return len(question.split()) <= MOST_BARE and not SAYS_SOMETHING.search(question)


def is_cut_short(question: str) -> bool:
    """Whether a follow-up leaves all but what it asks for to the question before."""
    return CUT_SHORT.match(question) is not None and not SAYS_SOMETHING.search(question)


def short_of(question: str, history: Sequence[Message]) -> int | None:
    """How many papers there are where a follow-up points at more of them; None where it does not.

    "the third one" after an answer that cites two, "compare them" after one that cites one.
    """
    answers = list(_cited(history))
    bare = not own_words(COMPARES.sub(" ", ORDINAL.sub(" ", SEVERAL.sub(" ", question))))
    if not (answers and bare):
        return None
    several = _listed(answers)
    if compares(question):
        return len(several) if len(several) < LEAST_COMPARED else None
    is_placing = ORDINAL.search(question) and not _placed(question, history, several)
    return len(several) if is_placing else None


def _means_itself(question: str) -> bool:
    """Whether a pronoun stands for what is turned to: "and what about dams, their use?"."""
    turn, pronoun = TURNS.match(question), (LOOSELY.search(question) or ONE.search(question))
    if not (turn and pronoun):
        return False
    before = question[turn.end() : pronoun.start()]
    return bool(own_of(before)) and not ASKED_OF_IT.match(before)


def own_of(question: str) -> set[str]:
    """What a question says beside what any paper can be asked for."""
    return set(own_words(without_details(without_fields(question)))) - ASPECTS


def changed_topic(question: str) -> str:
    """What is asked behind "different topic:", or ""."""
    match = CHANGES_TOPIC.match(question)
    return question[match.end() :] if match else ""


def applied_to(question: str) -> list[str]:
    """The words of its own that a question puts beside what it points at: LSTMs in "for LSTMs"."""
    own = own_of(question)
    beside = " ".join(APPLIED_TO.findall(question))
    return [word for word in beside.split() if word.lower() in own]


def covers(papers: Sequence[Paper], question: str) -> bool:
    """Whether papers that are pointed at have about half of what a question says of its own."""
    own = {stem for word in own_of(question) for stem in analyze(word)}
    present = {stem for p in papers for stem in analyze(f"{p.title} {p.abstract}")}
    return 2 * len(own & present) >= len(own)


def asks_for_other_words(question: str) -> bool:
    """Whether a message only asks for the last answer in simpler words."""
    return SIMPLER.search(question) is not None and len(question.split()) <= SHORT


def compares(question: str) -> bool:
    """Whether a question puts things side by side."""
    return COMPARES.search(BETTER_THAN.sub(" ", question)) is not None


def asks_for_more(question: str) -> bool:
    """Whether a message asks for what the answer before has not told yet."""
    return MORE.match(question) is not None


def _cited(history: Sequence[Message]) -> Iterator[list[Paper]]:
    """The papers of each answer that cites any, in the order of its citations."""
    for message in history:
        if message.role == "assistant" and message.citations:
            yield list({c.paper.paper_id: c.paper for c in message.citations}.values())


def _placed(question: str, history: Sequence[Message], several: Sequence[Paper]) -> list[Paper]:
    """Papers by their places or numbers, each once."""
    if SEVERAL.search(question) and SEVERAL.search(question)["end"]:  # type: ignore[index]
        return []
    found: dict[str, Paper] = {}
    for match in ORDINAL.finditer(question):
        if paper := _at(match, history, several):
            found[paper.paper_id] = paper
    if not found and OTHER.search(question) and len(several) == 2:
        return [several[1]]
    if found and THAN.search(question) and (latest := last_cited(history)):
        return list({latest[0].paper_id: latest[0], **found}.values())
    return list(found.values())


def _at(match: re.Match[str], history: Sequence[Message], several: Sequence[Paper]) -> Paper | None:
    if match["marker"]:
        return _numbered(int(match["marker"]), history)
    if match["word"]:
        word = match["word"].lower()
        if word == "last":
            return several[-1]
        place = next(n for n, forms in enumerate(ORDINALS, 1) if word in forms.split("|"))
    else:
        place = int(match["place"] or match["hash"])
    return several[place - 1] if 1 <= place <= len(several) else None


def _numbered(marker: int, history: Sequence[Message]) -> Paper | None:
    cited = (c for m in reversed(history) for c in m.citations if c.marker == marker)
    return next((citation.paper for citation in cited), None)


def _several(question: str, latest: Sequence[Paper], several: Sequence[Paper]) -> Sequence[Paper]:
    match = SEVERAL.search(question)
    if not match:
        return ()
    if match["end"]:
        count = NUMBERS[match["count"].lower()]
        return several[:count] if match["end"].lower() == "first" else several[-count:]
    if match["both"]:
        return several[:2] if len(several) >= 2 else ()
    return latest if len(latest) > 1 else ()


def turns_away(question: str) -> str:
    """What a follow-up turns to, or ""."""
    match = TURNS.match(question)
    return question[match.end() :].strip(" ,:;?.!") if match else ""
