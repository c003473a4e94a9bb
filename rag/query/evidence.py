"""Recognise sentences of an abstract that are evidence for what a question asks for.

A definition for "what is X", the long form for "what does X stand for", a number beside its noun
for "how many Xs". Also: which sentences cannot open a paragraph, as they refer to the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from rag.query.coined import COINED, TOKEN, is_short_form
from rag.query.focus import asked_parts
from rag.store.lexical import analyze
from rag.text import squeezed
from rag.types import Paper

# "What is a Hopfield network?", "what does PFN stand for", "NIN - what does it mean?"
ASKED_TERM: Final = re.compile(
    r"""^\W*(?:(?:so|and|ok(?:ay)?|please|hi|can\syou)\W+)*
        (?:what(?:['’]s|\s+(?:is|are|was|were))\s+(?:an?\s+|the\s+)?(?:meaning\s+of\s+|definition\s+of\s+)?
           (?P<is>[^?,;:]+?)(?:\s+(?:in|for|used|about|here|exactly|anyway|short)\b[^?]*)?
          |(?:define|explain|describe)\s+(?:to\s+me\s+)?(?:what\s+)?(?:an?\s+|the\s+)?(?P<define>(?!why\b|how\b)[^?,;:]+?)
           (?:\s+(?:is|to\s+me|for\s+me|to\s+us|please|pls|plz|briefly|simply|quickly|in\s+(?:short|detail|simple\s+\w+)))*
          |(?:tell\s+me\s+)?what\s+(?:do|does|did)\s+(?:an?\s+|the\s+)?(?P<means>[^?,;:]+?)\s+(?:mean|stand\s+for|refer\s+to|abbreviate)\b[^?]*
          |(?P<stands>[\w.-]+)\s+(?:stands?\s+for|is\s+short\s+for|is\s+an?\s+(?:acronym|abbreviation)\s+(?:of|for))\b[^?]*
          |what(?:['’]s|\s+is)\s+(?P<short>[\w.-]+)\s+(?:short|an?\s+(?:acronym|abbreviation))\s+(?:for|of)\b.*
          |what(?:\s+(?:is|does|do))?\s+(?:the\s+)?mean(?:s|ing)?\s+(?:of\s+|by\s+|with\s+)?(?:the\s+)?
           (?P<mean>['"“‘]?[^?,;:'"”’]+?['"”’]?)(?:\s+(?:in|for|here)\b[^?]*)?
          |(?P<called>['"“‘][^?,;:'"”’]+['"”’]|[\w.-]+)\s+(?:is|means?)\s+what
          |(?P<before>[\w.-]+)\W+(?:what|which)\b.*\b(?:mean|stand\s+for|abbreviation|acronym)\b.*
          |.*\b(?:meaning|definition|abbreviation|acronym|full\s+(?:form|name)|long\s+form)\s+(?:of\s+)?(?:the\s+)?(?P<of>[\w.-]+)
        )\s*\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
MEAN_BEFORE: Final = re.compile(r"^mean(?:ing)?\s+(?=['\"“‘])", re.IGNORECASE)
ASKS_LONG_FORM: Final = re.compile(
    r"\b(?:stands?\s+for|short\s+for|long\s+form|abbreviat\w+|acronym|spelled\s+out|full\s+(?:form|name))\b",
    re.IGNORECASE,
)
HOW_MANY: Final = re.compile(
    r"\b(?:how\s+many|number\s+of)\s+(?:(?:different|more|fewer|other|of\s+the|total)\s+)*(?P<noun>[\w-]+(?:\s+[\w-]+){0,2})",
    re.IGNORECASE,
)
SAMPLE_SIZE: Final = re.compile(
    r"\bsample\s+sizes?\b|\bhow\s+(?:big|large)\s+(?:is|was|were)\s+(?:the|their|its)\s+(?:\w+\s+)?"
    r"(?:sample|cohort|population|groups?)\b",
    re.IGNORECASE,
)
_NUMBER_WORD: Final = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-\w+)?"
    r"|hundreds?|thousands?|millions?|billions?)"
)
NUMBER: Final = re.compile(
    rf"(?<![\w.-])\d[\d,.'’]*(?:x|×|k|m)?|\b(?:{_NUMBER_WORD}|single)\b", re.IGNORECASE
)
YEAR: Final = re.compile(r"(?:19|20)\d\d")
# A number of things: neither a share, a factor, a year nor a part of a name.
COUNT: Final = re.compile(
    rf"(?<![\w.$-])(?!(?:19|20)\d\d\b)(?!one\b)(?:\d[\d,.'’]*[km]?|{_NUMBER_WORD})"
    r"(?![\w%-]|\.\d|\s?(?:%|[x×]\b|times\b|fold\b|percent\b))",
    re.IGNORECASE,
)
# Asks for a count and for nothing else: "how many agents were there?"
ONLY_HOW_MANY: Final = re.compile(
    r"^\W*(?:(?:and|so|ok(?:ay)?|but|then|please)\W+)*"
    r"(?:(?:on|with|in|for|from|by|at|over|of)\s+)?(?:how\s+many|what\s+number\s+of)\b"
    r"(?!.*(?:\b(?:and|or|but)\s+(?:\w+\s+){0,2}(?:what|which|how|does|do|did|is|are|was|were|can"
    r"|why|who|when|where)\b|\?\s*\w))",
    re.IGNORECASE,
)
UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "percent": ("%",),
    "percentage": ("%",),
    "millisecond": ("ms",),
    "second": ("s", "sec"),
    "minute": ("min",),
    "hour": ("h", "hrs"),
    "year": ("yr", "yrs"),
    "kilometre": ("km",),
    "kilometer": ("km",),
    "millimetre": ("mm",),
    "millimeter": ("mm",),
    "nanometre": ("nm",),
    "nanometer": ("nm",),
    "gram": ("g",),
    "milligram": ("mg",),
    "kilogram": ("kg",),
    "degree": ("deg", "deg2"),
    "hertz": ("hz",),
    "kilohertz": ("khz",),
    "megahertz": ("mhz",),
    "pascal": ("pa",),
    "gigapascal": ("gpa",),
    "electronvolt": ("ev",),
    "parsec": ("pc",),
    "kiloparsec": ("kpc",),
    "megaparsec": ("mpc",),
    "gigabyte": ("gb",),
    "parameter": ("params", "weights"),
}
# Words that count the same things; those behind the bar are kinds of those before it.
ALIKE: Final = (
    "net network nns|",
    "picture image photograph photo slide|",
    "paper article study publication|",
    "people person participant subject individual volunteer human|patient man men woman women child"
    " children adult student infant user recipient respondent",
    "patient case|subject participant individual person",
    "animal|mouse mice rat monkey macaque rabbit pig dog cat fish bird fly insect",
    "stock share equity|company firm asset",
    "company firm|bank",
    "gene|locus loci",
    "observation measurement record recording|",
)
NOUN_END: Final = re.compile(
    r"\s(?:do|does|did|is|are|was|were|can|could|will|would|has|have|had|in|on|of|to|for|the|a|an"
    r"|it|they|with|from|by|and|at|per)\b"
)
# What measures alike, so that a question in the one unit may be answered in the other.
MASSES: Final = r"(?:kilo|milli|micro)?grams?|k?g|mg|(?:\$?\\mu\$?|[uµ])g|solar\smass(?:es)?|k?da"
DOSES: Final = r"[mn]mol/l|mg/d?l|mg/kg|[mc]?gy|m?sv|iu"
UNITS_ALIKE: Final = (
    r"[kmgt]i?b|(?:kilo|mega|giga|tera)?bytes?|[kmg]bits?",
    r"(?:milli|kilo)?(?:watt|joule)s?(?:[\s-]?hours?)?|k?wh|[km]?w",
    r"degrees?\s+celsius|celsius|°\s?c|m?kelvin|m?k|degrees?",
    r"(?:kilo|milli|centi|micro|nano)?met(?:er|re)s?|[kcmn]?m|(?:\$?\\mu\$?|[uµ])m|angstr[oö]ms?|å",
    MASSES,
    r"(?:milli|micro|nano)?seconds?|[mn]?s|minutes?|min|hours?|hrs?|h|days?|weeks?|months?|[gmk]?yrs?|years?",
    r"percent(?:age\s+points?)?|%",
    r"(?:kilo|mega|giga)?pascals?|[kmg]?pa|m?bar|atm|torr|mm\s?hg",
    r"(?:kilo|mega|giga|tera)?electron-?volts?|[mkgt]?ev(?:/c\^?2?)?|k?cal/mol|kj/mol",
    r"(?:kilo|mega|giga)?parsecs?|[kmg]?pc|light[\s-]years?|au",
    r"(?:kilo|mega|giga)?hertz|[kmgt]?hz",
    DOSES,
    r"m?tesla|gauss",
    r"square\s(?:degrees?|(?:kilo)?met(?:er|re)s?)|(?:sq\.?\s?)?deg2?|k?m2",
    r"[kmgtpe]?flops?(?:/s)?",
)
# "Patients (n = 41)": the number of what the sentence speaks of.
SIZE: Final = re.compile(r"\bn\s?=\s?\d", re.IGNORECASE)
WORD: Final = re.compile(r"[A-Za-z][\w-]*\w|[\w.,'’]*\w|%")  # "Non-English" is one word
NEAR: Final = 5  # words between a number and what it counts
LEADING: Final = re.compile(
    r"^(?:(?:however|moreover|furthermore|in addition|additionally|thus|therefore|hence"
    r"|consequently|nevertheless|nonetheless|finally|also|then|first(?:ly)?|second(?:ly)?"
    r"|third(?:ly)?|in contrast"
    r"|to this end|to fill this gap|in this case|as a result|accordingly|besides|in particular"
    r"|specifically|importantly|notably|overall|in summary|in conclusion|to address this(?: \w+)?"
    r"|to address these(?: \w+)?|for this purpose|to that end|here|in fact|indeed|surprisingly"
    r"|interestingly|on the other hand|by contrast|conversely|similarly|likewise|meanwhile),\s+"
    r"|it (?:has been|is|was) (?:well |widely |recently |commonly )?"
    r"(?:known|observed|shown|found|demonstrated) that\s+)+",
    re.IGNORECASE,
)
DANGLES: Final = re.compile(
    r"^(?:however|moreover|furthermore|in addition|additionally|thus|therefore|hence|these|this"
    r"|such|they|it(?!\s+(?:has been|is|was|remains|can be|may be)"
    r"\s+(?:\w+ly\s+|well\s+|also\s+|often\s+)?"
    r"(?:\w+ed|known|shown|found|possible|important|difficult|hard|crucial|clear|unclear|common)"
    r"\s+(?:that|to|how))"
    r"|its|their|from this|to this end|to fill this gap|in this case|nevertheless"
    r"|consequently|also|then|finally|second|in contrast|both|those|that|here(?!,? we\b)|another"
    r"|others?"
    r"|similarly|the (?:former|latter)|to (?:address|solve|overcome|tackle) (?:this|these))\b",
    re.IGNORECASE,
)

OF_ITSELF: Final = re.compile(
    r"^this\s+(?:\w+\s+)?(?:paper|work|article|study|survey|review|thesis|manuscript|research)\b",
    re.IGNORECASE,
)


def is_question(sentence: str) -> bool:
    """Return whether a sentence of an abstract is a question, and so answers nothing."""
    return sentence.rstrip(" )”\"'").endswith("?")


def asked_term(question: str) -> str:
    """Return the term that a question asks the meaning of; empty where it asks something else.

    Of several questions in one the first counts: "what is X, and what causes it?" asks for X.
    """
    match = ASKED_TERM.match(next(iter(asked_parts(question)), question))
    if not match:
        return ""
    term = next((value for value in match.groupdict().values() if value), "")
    term = MEAN_BEFORE.sub("", term)  # "what is mean 'tide'"
    return term.strip(" '\"“”‘’") if len(term.split()) <= 5 else ""


def acronym_alone(question: str) -> str:
    """Return the acronym that is all a message says: "CTCs?"; empty for anything else."""
    word = question.strip(" ?!.")
    word = word.removesuffix("s") if word[-2:-1].isupper() else word
    return word if TOKEN.fullmatch(word) and COINED.match(word) else ""


def lacks_term(question: str, papers: Iterable[Paper]) -> bool:
    """Return whether the meaning of a term is asked, and no paper has all words of it."""
    asked = set(analyze(asked_term(question)))
    texts = (set(analyze(f"{paper.title} {paper.abstract}")) for paper in papers)
    return bool(asked) and not any(asked <= stems for stems in texts)


def defines(term: str, sentence: str) -> bool:
    """Return whether a sentence says what a term is, or what is called so."""
    if not term:
        return False
    # In verbose patterns a space has to be escaped.
    name = rf"{re.escape(term.removesuffix('s'))}s?"
    said = rf"""(?<![\w-]){name}\b["”’']?\s*(?:\([^)]*\)\s*)?(?:,?\s*(?:(?:is|are)\s+
               (?:an?|the(?!\s(?:\w+est|first|most|only)\b)|one|any|those|all)|refers?|means?|denotes?|describes?|consists?)\b|,\s*(?:an?|the|which|i\.e\.)\b)
           |\b(?:called?|known\sas|termed?|named?|dubbed|referred\sto\sas|coined|namely|i\.e\.,?|propos\w+
               |introduc\w+|present\w*|develop\w*|defin\w+|formulat\w+)\s+
           (?:(?:an?|the|our|new|novel|as|problem|task|concept|notion|measure|of|called)\s+)*["“‘']?{name}\b
           |\b(?:concept|idea|notion|task|problem|phenomenon)\s+of\s+{name}\b"""
    return re.search(said, sentence, re.IGNORECASE | re.VERBOSE) is not None


def spells_out(term: str, sentence: str) -> bool:
    """Return whether a sentence has the long form of an acronym right before or after it."""
    key = squeezed(term)
    for match in TOKEN.finditer(sentence):
        if squeezed(match[0]) not in (key, key + "s") or not COINED.match(match[0]):
            continue
        if is_short_form(match[0], sentence[: match.start()]):
            return True
        behind = re.match(r"\s*[(:,]\s*([^()]{4,80}?)[),.]", sentence[match.end() :])
        is_long = behind and key not in squeezed(behind[1])  # "KAN (S-KAN)" spells nothing out
        if behind and is_long and is_short_form(match[0], f"{behind[1]} ("):
            return True
    return False


def asked_long_form(question: str) -> str:
    """Return the acronym that a question asks the long form of; empty where it asks none."""
    term = asked_term(question)
    is_acronym = bool(COINED.match(term)) and " " not in term
    return term if is_acronym and ASKS_LONG_FORM.search(question) else ""


def long_form(term: str, sentence: str) -> str:
    """Return the words that a sentence abbreviates by an acronym in brackets; empty for none."""
    key = squeezed(term)
    for match in TOKEN.finditer(sentence):
        before = sentence[: match.start()]
        if squeezed(match[0]) in (key, key + "s") and is_short_form(match[0], before):
            words = re.findall(r"\w+", before.lower())[-len(key) - 1 :]
            starts = [n for n, word in enumerate(words) if word[0] == key[0]]
            return " ".join(words[starts[0] :]).removesuffix("s") if starts else ""
    return ""


def counted_noun(question: str) -> str:
    """Return the words behind "how many", "people" for a sample size; empty where none is asked."""
    asked = HOW_MANY.search(question)
    if asked:
        return asked["noun"]
    return "people" if SAMPLE_SIZE.search(question) else ""


def counts(question: str, sentence: str) -> bool:
    """Return whether a sentence has a number beside what a question asks the number of."""
    noun = counted_noun(question)
    if not noun:
        return False
    found = list(WORD.finditer(sentence))
    words = [match[0] for match in found]
    numbers = [
        n for n, each in enumerate(found) if is_count(each[0]) and not _is_index(sentence, each)
    ]
    years = [n for n, word in enumerate(words) if YEAR.fullmatch(word.strip(".,"))]
    wanted = noun_stems(noun)
    places = [
        n for n, word in enumerate(words) if word.lower() in wanted or set(analyze(word)) & wanted
    ]
    is_near = any(0 < place - number <= NEAR for number in numbers for place in places)
    is_size = bool(places and SIZE.search(sentence))
    # "2000 samples" are of no year
    return is_near or is_size or any(n + 1 in places for n in years)


def _is_index(sentence: str, number: re.Match[str]) -> bool:
    """Return whether a number ends a symbol, as in H$_2$."""
    before = sentence[: number.start()]
    return before[-1:] in tuple("_^{") or (before[-1:] == "$" and not before.count("$") % 2)


def in_unit_asked(question: str, sentence: str) -> bool:
    """Return whether a sentence has a number in the unit that a question names: "in mg/dL"."""
    return any(
        re.search(in_unit(unit), sentence, re.IGNORECASE)
        for unit in UNITS_ALIKE
        if re.search(rf"\bin\s+(?:{unit})(?![\w/])", question, re.IGNORECASE)
    )


def in_unit(unit: str) -> str:
    """Return what matches a number in a unit, also of a table: "error (mg/dL) of 12"."""
    return rf"\d[\s~\\,$-]*(?:{unit})(?!\w)|\((?:{unit})\).*\d"


def lacks_counts(question: str, sentences: Iterable[str]) -> bool:
    """Return whether a question asks for a count and nothing else, and no sentence has any."""
    return ONLY_HOW_MANY.match(question) is not None and not any(map(COUNT.search, sentences))


def noun_stems(phrase: str) -> set[str]:
    """Return the stems of the first noun phrase: of "spiking neurons" in "spiking neurons does"."""
    noun = NOUN_END.split(phrase)[0].split()[-1].lower()
    stems = set(analyze(noun))
    alike = (group.partition("|") for group in ALIKE)
    same = [f"{own} {kinds}" for own, _, kinds in alike if stems & set(analyze(own))]
    return stems.union(UNITS.get(noun.removesuffix("s"), ()), *map(analyze, same))


def trimmed_start(sentence: str) -> int:
    """Return where a sentence begins after words such as "However,", in characters."""
    match = LEADING.match(sentence)
    return match.end() if match else 0


def dangles(sentence: str) -> bool:
    """Return whether a sentence refers to the one before it."""
    return DANGLES.match(sentence[trimmed_start(sentence) :]) is not None


def needs_context(sentence: str) -> bool:
    """Return whether a sentence is not understood without the one before; "this paper" is."""
    return dangles(sentence) and not OF_ITSELF.match(sentence[trimmed_start(sentence) :])


def is_count(word: str) -> bool:
    """Return whether a word is a number, and not a year."""
    bare = word.strip(".,")
    return NUMBER.fullmatch(bare) is not None and not YEAR.fullmatch(bare)
