"""Recognise numbers in sentences: of the things that a question counts, in the unit it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from rag.store.lexical import analyze

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


def is_count(word: str) -> bool:
    """Return whether a word is a number, and not a year."""
    bare = word.strip(".,")
    return NUMBER.fullmatch(bare) is not None and not YEAR.fullmatch(bare)
