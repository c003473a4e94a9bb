"""Recognise what a follow-up asks of the answers before it; by patterns, pure functions.

More of the same, other papers, a comparison, simpler words, or another topic.
"""

from __future__ import annotations

import re
from typing import Final

from rag.query.details import without_details
from rag.query.fields import without_fields
from rag.query.focus import topic_words
from rag.query.form import NO_FORM, form_of, without_form
from rag.query.questions import content_words

# Asks for papers beside those that were cited.
ASKS_FOR_OTHERS: Final = re.compile(
    r"\b(?:other|more|further|additional|different)\s+(?:\w+\s+)?(?:papers?|works?|studies|articles|approaches|methods)\b"
    r"|\b(?:any(?:thing|one|body)|some(?:thing|one|body)|who|what)\s+else\b(?!\s+(?:do|does|did|is|are|can|about\s+it)\b)"
    r"|\b(?:similar|related)\s+(?:papers?|works?|studies|articles|to\s+(?:it|this|that))\b"
    r"|\b(?:papers?|works?|something|anything)\s+(?:like|(?:similar|close|comparable)\s+to)\s+(?:it|this|that)\b"
    r"|\b(?:any|some)thing\s+(?:similar|related|comparable)\b"
    r"|\b(?:is|was|(?:is|was)n['’]t|saw|read|know|remember|exists?)\s+(?:there\s+)?(?:also\s+)?another\s+(?:one|paper|work|study|article)\b",
    re.IGNORECASE,
)
# Asks what else a cited paper is good for: "can it be used for something else?"
ELSE_OF_ITSELF: Final = re.compile(
    r"\b(?:any|some)(?:thing|where|one|body)\s+else\s+(?:than|but|besides)\b"
    r"|\b(?:it|this|that|they|these|those|one)\b[^.?!;]{0,40}\b(?:for|to|on|with|in|from)\s+(?:any|some)(?:thing|one|body)\s+else\b",
    re.IGNORECASE,
)
# Asks for other papers, whatever it refers to: "is there drug discovery work with it?"
SEARCHES_ON: Final = re.compile(
    r"\bin\s+the\s+first\s+place\b"
    r"|\b(?:came\s+up\s+with|invented|introduced|coined)\s+(?:these|those|this|that|such|the)\s+[a-z]"
    r"|\b(?:(?:is|are)\s+there|(?:did|has|have|does|do)\s+(?:any\w*|some\w*|people|others?)"
    r"|any\s+(?:other\s+)?(?:works?|papers?|studies|research|attempts?)|which\s+(?:other\s+)?(?:papers?|works?)"
    r"|(?:something|anything|papers?|works?)\s+(?:similar|related|like|else|close\s+to)|who\s+else|elsewhere"
    r"|what\s+else\s+(?:should|can|could)\s+(?:i|we|one)\s+(?:read|look)|(?:similar|related)\s+(?:papers?|works?|studies|articles)"
    r"|(?:is|was|(?:is|was)n['’]t|saw|read|know|remember|exists?)\s+(?:there\s+)?(?:also\s+)?another\s+(?:one|paper|work|study|article))\b",
    re.IGNORECASE,
)
SELECTS_AMONG: Final = re.compile(
    r"\b(?:which|any|some|none|what)\s+(?:ones?\s+)?of\s+(?:them|these|those)\b|\bwhich\s+ones?\b"
    r"|\b(?:do|does|did|is|are|was|were|has|have)\s+any\s+of\s+(?:them|these|those)\b",
    re.IGNORECASE,
)
COMPARES: Final = re.compile(
    r"\b(?:compare|contrast|versus|vs|differ(?!ently)\w*|better|similarit\w+|side\s+by\s+side|in\s+common)\b",
    re.IGNORECASE,
)
# Asks for a result and compares no papers: "how much better is it than before?", "what did they
# compare it with?"
BETTER_THAN: Final = re.compile(
    r"\bhow\s+(?:much|far|many)\b.*\bbetter\b|\bbetter\s+(?:\w+\s+){0,3}?than\b"
    r"|\b(?:what|which|whom?)\b.{0,40}\bcompared?\b(?:\s+(?:it|this|that|themselves))?"
    r"(?:\s+(?:to|with|against))?(?=\W*$)",
    re.IGNORECASE,
)
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
REPHRASES: Final = re.compile(
    r"\b(?:(?:simple[rst]?|plain)\s+english|simple[rst]?|plain|easy|easier|layman\w*|lay|eli5|like\si(?:['’]?m|\sam)\s(?:five|5|ten))\b"
    r"|\bshort(?:er)?\b|\bbrief(?:ly|er)?\b|\bconcise(?:ly)?\b|\b(?:one|1)\s+sentence\b"
    r"|\bin\s(?:german|french|spanish|italian|chinese|japanese|portuguese|dutch|russian|polish|turkish|korean|arabic|hindi)"
    r"(?=\W*(?:please|pls|plz|now|instead)?\W*$)"
    r"|^\W*(?:huh|pardon(?:\sme)?|come\sagain|say\s(?:that\s)?again)\W*$"
    r"|\b(?:do\s?n['’]?t|did\s?n['’]?t|can['’]?t|cannot|not)\s(?:(?:really|quite|fully)\s)?(?:understand|follow|get\s(?:it|this|that))\b"
    r"|\b(?:explain|say|put)\b(?:\s(?:it|this|that))?\s(?:again|differently|better|(?:in\s)?another\sway)\b"
    r"|\bwhat\s(?:do\syou|does\s(?:this|that|it)(?:\sall)?)\smean\W*$"
    r"|\btranslat\w+|\bsimplif\w+|\bin\s(?:your\sown|other)\swords\b|\brephrase\b|\bparaphrase\b|\bfor\s(?:a\s)?(?:child|kid|beginner|dumm)\w*",
    re.IGNORECASE,
)
# What may be asked of any paper, and names no topic: "with which data?", "any experiments?"
ASPECTS: Final = frozenset(
    re.findall(
        r"\w+",
        """data dataset datasets benchmark benchmarks experiment experiments evaluated evaluation
        tested trained training task tasks performance accuracy metric metrics
        baseline baselines architecture code hardware novelty new contribution future
        work impact application applications example examples assumption assumptions
        numbers speed size cost costs suggest suggests suggested recommend advise instead exactly
        actually really need needs rely relies exploit exploits happens give gives get gets
        measured run runs
        improvement improvements gain gains speedup speedups increase reduction margin
        benefit benefits strengths pros cons takeaway takeaways big large small high low significant
        impressive strong beat beats outperform outperforms surpass surpasses""",
    )
)
# Asks for those that nothing was asked of yet: "and the other one?", "the rest?"
_ALSO: Final = (
    r"(?:(?:and|so|ok(?:ay)?|now|then|but|please|what|how|about|tell|show|me|more|explain|on|of)"
    r"\W+)*"
)
REMAINING: Final = re.compile(
    rf"^\W*{_ALSO}the\s+(?:(?P<one>other(?:\s+(?:one|paper|study|work))?)"
    r"|others|rest(?:\s+of\s+(?:them|these|those))?|other\s+(?:ones|papers|two|three|four))"
    r"(?:[\s,]+please)?\W*$",
    re.IGNORECASE,
)
# An ellipsis asks the same paper: "what dice score?", "and the auc?"
ELLIPSIS: Final = re.compile(
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
LONGEST_FRAGMENT: Final = 3  # words
LONGEST_REPHRASE: Final = 8  # words of a message that only asks to rephrase
# Beside words that ask to rephrase, these name no topic: "put everything in one sentence".
REPHRASE_FILLERS: Final = frozenset(
    re.findall(
        r"\w+",
        """again answer answers bit brief everything express get give got it keep let little longer
        more much now ok okay only please pls plz put reply say sentence sentences something somehow
        someone text thanks that the this understand understandable version way word words write""",
    )
)
# "And spiking networks?" may name another topic.
_FILLERS: Final = r"^\W*(?:(?:ok(?:ay)?|so|now|then|well|and|but|hm+|thanks?|great|cool)\W+)*"
TURNS_TO: Final = re.compile(
    rf"{_FILLERS}(?:(?:what|how)\s+about|and|now|next|back\s+to)\b", re.IGNORECASE
)
# Says explicitly that what follows is on another topic.
CHANGES_TOPIC: Final = re.compile(
    rf"{_FILLERS}(?:(?:(?:an?|one|a\s+completely)\s+)?(?:different|another|new|other|unrelated|separate)"
    r"\s+(?:thing|topic|question|subject|matter)|something\s+(?:else|different|new|unrelated)"
    r"|(?:let['’]?s\s+)?(?:change|changing|switch|switching)\s+(?:of\s+)?(?:the\s+)?(?:topics?|subjects?)"
    r"|on\s+(?:a\s+different|another)\s+(?:note|topic|subject)|unrelated(?:ly)?)\s*[,:;.!–—-]+\s*",
    re.IGNORECASE,
)
# "Back to the metals: …" returns to an earlier topic.
RETURNS_TO: Final = re.compile(
    rf"{_FILLERS}(?:(?:let['’]?s\s+)?(?:go(?:ing)?|com(?:e|ing)|get(?:ting)?)\s+)?"
    r"(?:back\s+to|return(?:ing)?\s+to|again\s+about)\b",
    re.IGNORECASE,
)
LONGEST_CONTINUATION: Final = 5  # words
OF_READING: Final = frozenset(
    ("read", "look", "like", "show", "find", "recommend", "suggest", "topic")
)
# "And for LSTMs?" and "and in practice?" keep to the topic.
LEANS: Final = re.compile(
    r"^(?:for|in|inside|on|with|within|without|at|from|against|by|of|over|across|under|when|if|compared|how|why|is|are|does"
    r"|do|did|was|were|has|have|can|could|should|would|will|what|which|who|whose|where|any)\b"
    r"|\b(?:it|its|they|them|their|this|that|these|those|ones?|he|she|other|both|there|here)\b",
    re.IGNORECASE,
)
# Whether a method works for something else: "can I use it for images?"
APPLIES: Final = re.compile(
    r"^(?!.*\bones?\b).*(?:\b(?:can|could|may|might|does|do|did|would|will|is|are|should)\b.{0,40}"
    r"|^\W*(?:(?:so|and|but|then)\W+)*(?:it|this|that|they)\s+(?:\w+\s+){0,2}?)"
    r"\b(?:us(?:e|ed|able|eful)|work(?:s|ed)?|appl(?:y|ies|ied|icable)|good|suitable|fit|help(?:s|ful)?|valid"
    r"|holds?|generali[sz]es?|transfers?|extend(?:s|ed)?)\b.{0,12}\b(?:for|on|in|with|to)\b",
    re.IGNORECASE,
)
# What something is applied to: "does it work for LSTMs too?"
APPLIED_TO: Final = re.compile(
    r"\b(?:for|on|in|with|to|against|using|about|like|inside|within)\s+((?:\w[\w-]*\s?){1,3})",
    re.IGNORECASE,
)


def specific_words(question: str) -> set[str]:
    """Return the words of a question that are specific to its topic.

    Without those that ask for a field of the record, a detail, or what any paper may be asked.
    """
    return set(topic_words(without_details(without_fields(question)))) - ASPECTS


def asks_for_other_words(question: str) -> bool:
    """Return whether other words than before are asked for: "simpler", "in plain English"."""
    is_repeated = asks_to_rephrase(question) and REPHRASES.search(question)
    return bool(is_repeated) or form_of(question).plainly


def asks_for_more(question: str) -> bool:
    """Return whether a message asks for more of the last answer: "tell me more", "what else?"."""
    return MORE.match(question) is not None


def asks_to_rephrase(question: str) -> bool:
    """Return whether a message only asks for the last answer in simpler or fewer words."""
    form, bare = form_of(question), without_form(question)
    is_asked = REPHRASES.search(question) or form != NO_FORM
    if not is_asked or form.titles_only or len(question.split()) > LONGEST_REPHRASE:
        return False
    if form != NO_FORM and bare == question:  # the form is all it says
        return True
    left = set(topic_words(REPHRASES.sub(" ", bare)))
    return left.issubset(ASPECTS | REPHRASE_FILLERS)


def asks_else_of_itself(question: str) -> bool:
    """Return whether a question asks what else a paper is good for."""
    return ELSE_OF_ITSELF.search(question) is not None


def asks_for_others(question: str) -> bool:
    """Return whether a question asks for papers beside those that were cited."""
    return bool(ASKS_FOR_OTHERS.search(ELSE_OF_ITSELF.sub(" ", question)))


def searches_on(question: str) -> bool:
    """Return whether a question is asked of other papers, whatever it refers to."""
    return bool(SEARCHES_ON.search(ELSE_OF_ITSELF.sub(" ", question)))


def asks_for_other_papers(question: str) -> bool:
    """Return whether a question asks for other papers, whatever else it refers to."""
    return searches_on(question) or asks_for_others(question)


# Asks where an answer comes from: "source?", "where did you get that?", "which paper says so?"
SOURCES: Final = re.compile(
    r"""\W*(?:(?:and|ok|so)\W+)?(?:
    (?:(?:give|show|tell)\s+(?:me\s+)?|what(?:['’]s|\s+(?:is|are|was|were))\s+)?(?:the\s+|your\s+|any\s+|its\s+)?
      (?:sources?|references?)(?:\s+(?:for|of)\s+(?:that|this|it|these))?(?:\W+(?:please|pls))?
    |where\s+(?:(?:did|do|does|is|are|was|were)\s+)?(?:you|that|this|it|these|those)\s+
      (?:(?:get|have|find|take|come|comes|came|read|see)\s*)?(?:that|this|it|these|those)?\s*(?:from)?
    |(?:which|what)\s+papers?\s+(?:says?|said|claims?|states?)\s+(?:that|this|so|it)
    |says?\s+who|according\s+to\s+whom?
    )\W*""",
    re.IGNORECASE | re.VERBOSE,
)


def asks_for_sources(question: str) -> bool:
    """Return whether a follow-up asks for nothing but what the answer before it rests on."""
    return SOURCES.fullmatch(question) is not None


def selects_among_cited(question: str) -> bool:
    """Return whether a question asks which of the cited papers do something: "which of them …?"."""
    return SELECTS_AMONG.search(question) is not None


def compares(question: str) -> bool:
    """Return whether a question asks to compare things."""
    return COMPARES.search(BETTER_THAN.sub(" ", question)) is not None


def is_fragment(question: str) -> bool:
    """Return whether a follow-up is hardly more than the name of what it asks for: "license?"."""
    return len(question.split()) <= LONGEST_FRAGMENT and not SAYS_SOMETHING.search(question)


def is_elliptical(question: str) -> bool:
    """Return whether a follow-up leaves out all but what it asks for: "and the auc?"."""
    return ELLIPSIS.match(question) is not None and not SAYS_SOMETHING.search(question)


# "Papers similar to X", "anything like the X paper?", and nothing else.
_PAPERS: Final = r"(?:papers?|articles?|works?|studies|publications?|anything|something|ones)"
LIKE_NAMED: Final = re.compile(
    rf"""^\W*(?:(?:can|could|would|please|do|you|i|we|are|is|there|find|show|recommend|suggest|give|list
        |which|what|me|us|any|some|other|more|the|have|want|most|very)\W+)*
        (?:(?:similar|related|comparable)\s+{_PAPERS}\s+(?:to|as)
          |{_PAPERS}\s+(?:(?:which|that|are|is|most|very|closely|here)\s+)*
           (?:similar\s+to|like|related\s+to|close\s+to|comparable\s+(?:to|with)))
        \s+(?P<named>\S.*)$""",
    re.IGNORECASE | re.VERBOSE,
)


def liked_name(question: str) -> str:
    """Return what papers are to be like, where a question asks for such papers alone."""
    match = LIKE_NAMED.match(question)
    return match["named"] if match else ""


def asks_for_like_papers(question: str) -> bool:
    """Return whether other papers like those before are asked for, without a topic of their own."""
    if not (asks_for_others(question) and searches_on(question)):
        return False
    left = SEARCHES_ON.sub(" ", ASKS_FOR_OTHERS.sub(" ", question))
    return not specific_words(left) - OF_READING


def asks_for_aspect(question: str) -> bool:
    """Return whether a few words ask for what any paper may have: "accuracy on ImageNet?"."""
    is_short = len(question.split()) <= LONGEST_CONTINUATION
    words = set(content_words(question))
    return is_short and bool(words & ASPECTS) and not SAYS_SOMETHING.search(question)


def explicit_new_topic(question: str) -> str:
    """Return what follows "different topic:"; empty where no change of topic is announced."""
    match = CHANGES_TOPIC.match(question)
    return question[match.end() :] if match else ""


def possible_new_topic(question: str) -> str:
    """Return what follows "what about" or "and" at the beginning of a question; else nothing."""
    match = TURNS_TO.match(question)
    return question[match.end() :].strip(" ,:;?.!") if match else ""


def continues_topic(phrase: str) -> bool:
    """Return whether what follows "and" keeps to the topic: "inside robots", "for LSTMs"."""
    return len(phrase.split()) <= LONGEST_CONTINUATION and LEANS.match(phrase) is not None


def applies(question: str) -> bool:
    """Return whether it is asked if a paper's method works for something: "can I use it for X?"."""
    return APPLIES.search(question) is not None


def applied_to(question: str) -> list[str]:
    """Return the specific words of what something is applied to: LSTMs in "for LSTMs"."""
    own = specific_words(question)
    beside = " ".join(APPLIED_TO.findall(question))
    return [word for word in beside.split() if word.lower() in own]
