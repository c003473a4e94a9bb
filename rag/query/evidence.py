"""Recognise sentences of an abstract that are evidence for what a question asks for.

A definition for "what is X", the long form for "what does X stand for", a number beside its noun
for "how many Xs". Also: which sentences cannot open a paragraph, as they refer to the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
    r"^(?:however|moreover|furthermore|in addition|additionally|thus"
    r"|therefore|hence|these|this|such|they|it(?!\s+(?:has been|is|was|remains|can be|may be)"
    r"\s+(?:\w+ly\s+|well\s+|also\s+|often\s+)?"
    r"(?:\w+ed|known|shown|found|possible|important|difficult|hard|crucial|clear|unclear|common)"
    r"\s+(?:that|to|how))"
    r"|its|their|from this|to this end|to fill this gap|in this case|nevertheless"
    r"|consequently|also|then|finally|second|in contrast|those|that|here(?!,? we\b)|another"
    r"|both(?!\s+(?!of\b|these\b|those\b)(?:[\w-]+\s+){1,4}and\b)"
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
