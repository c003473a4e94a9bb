"""The one cleaning that titles and abstracts of every source pass: from what is written to text.

LaTeX and markup become text, and what is no part of a title or abstract goes: the word "Abstract",
lines of copyright, and what stands where there is none.
"""

from __future__ import annotations

import re
from typing import Final

from rag.cleaning.latex import plain_text, text_with_latex
from rag.cleaning.markup import text_of_markup, unwrap_tex_math
from rag.text import one_line

# "Abstract" is the abstract's first word in "Abstract interpretation", and a label before these.
OPENERS: Final = (
    "We|The|This|These|In|A|An|Our|It|To|For|As|On|At|With|Here|Background|Objectives?|Purpose|Aims?"
    "|Introduction|Motivation|Context|Recent|Recently|Despite|While|Although|There|Is|Are|Many|Most"
    "|Importance|Methods?|Summary|Problem|Rationale|By|From|Since|Given|Using|I|Over"
)
LABEL: Final = re.compile(
    r"^[\[(]?(?:abstract|summary|a ?b ?s ?t ?r ?a ?c ?t|zusammenfassung|résumé|resumen)[\])]?"
    rf"(?:\s*[:.—–-]+\s*|\s+(?=(?:{OPENERS})\b))",
    re.IGNORECASE,
)
LABEL_LINE: Final = re.compile(
    r"^\s*(?:abstract|summary|zusammenfassung|résumé|resumen)[ \t]*[:.]?[ \t]*[\n\r]+",
    re.IGNORECASE,
)
CAPITAL_LABEL: Final = re.compile(r"^ABSTRACT:?\s+(?=[A-Z\d\"“(])")
COPYRIGHT: Final = r"(?:©|\(c\)|copyright\b|crown copyright)"
COPYRIGHT_BEFORE: Final = re.compile(
    rf"^(?:copyright )?{COPYRIGHT}\s*(?:\(c\)|©)?\s*(?:the authors?\W{{0,3}})?(?:19|20)\d\d"
    r"[^.©]{0,90}\.(?:\s*(?:all rights reserved|published by [^.]{0,60})\.?)*\s*",
    re.IGNORECASE,
)
# A year has to stand near the sign, or a right to be reserved.
COPYRIGHT_BEHIND: Final = re.compile(
    rf"(?:(?:(?<=[.!?)\]\"”’])\s*{COPYRIGHT}|\s*(?:copyright )?(?:©|\(c\)))"
    r"[^©]{0,24}?(?:19|20)\d\d\b"
    r"|\s*(?:©|copyright ©)\s*the author"
    r"|\s*\(?psyc ?info database record|(?<=\.)\s*this article is protected by copyright"
    r"|(?<=\.)\s*all rights reserved).{0,300}$",
    re.IGNORECASE,
)
PUBLISHED_BY: Final = re.compile(
    r"(?<=[.!?)])\s*(?:published by|©) (?:elsevier|oxford university press|john wiley|wiley"
    r"|springer|sage|taylor|cambridge|the royal|ieee|acm|bmj|mdpi|frontiers)[^.]{0,80}\.?$",
    re.IGNORECASE,
)
RIGHTS: Final = ("©", "(c)", "copyright", "rights reserved", "published by")
MOST_COPYRIGHT_CHARACTERS: Final = 400
# What EBSCO and ProQuest put behind an abstract.
PROPERTY: Final = " is the property of "
COPYRIGHT_OF: Final = "Copyright of "
MOST_PROPERTY_CHARACTERS: Final = 1_200
ABSTRACT_FROM: Final = re.compile(
    r"\s*[\[(](?:(?:publication )?abstract(?: from| by)?(?: the)? ?(?:author|publisher)s?"
    r"|(?:author|publication|publisher) abstract|on SciFinder ?\(R\)"
    r"|abstract truncated(?: at \d+ words)?)[\])]\s*$",
    re.IGNORECASE,
)
# Compared without case and what is no letter.
PLACEHOLDERS: Final = frozenset(
    (
        *("na none null nan nil abstract summary tbd tba missing untitled unknown empty".split()),
        *("noabstract noabstractavailable abstractnotavailable abstractunavailable".split()),
        *("notavailable unavailable noabstractprovided noabstractisavailable abstracted".split()),
        *("noabstractisavailableforthisarticle noabstractavailableforthisarticle".split()),
        *("anabstractisnotavailable anabstractisnotavailableforthisarticle".split()),
        *("anabstractisnotavailableforthiscontent notprovided notapplicable seepdf".split()),
        *("abstractnotprovided abstractmissing abstractavailableonline noabstractfound".split()),
        *("abstractavailableinfulltext abstractnotfound abstractempty emptyabstract".split()),
        *("noabstractpresent withoutabstract theabstractisnotavailable nosummary".split()),
        *("internationalaudience nodata notitle notitleavailable titlenotavailable".split()),
        *("keineangabe keinabstract keinabstractverfügbar pasderésumé noresume".split()),
        *("noabstractgiven noabstractsupplied noabstractentered abstractnotentered".split()),
        *("noabstractwaspublished noabstractpublished noabstractrecorded".split()),
    )
)
MOST_PLACEHOLDER_CHARACTERS: Final = 70
WITHDRAWN: Final = re.compile(
    r"^\W*(?:(?:this|the) (?:\w+ ){0,3}?"
    r"(?:paper|article|submission|manuscript|work|preprint|version|abstract|note|report|study)s? "
    r"(?:\w+ )?(?:has been|have been|was|is|had to be|is being) (?:\w+ )?"
    r"(?:withdrawn|retracted|removed)"
    r"|(?:paper |article |submission |temporarily |it )?withdrawn(?: by| due| because|\W|$)"
    r"|i (?:am|have) withdr[ae]w|the authors? (?:has|have) withdrawn|we (?:have )?withdr[ae]w)",
    re.IGNORECASE,
)
MOST_WITHDRAWN_CHARACTERS: Final = 600  # a longer one has an abstract below the notice


def clean_text(text: str, *, is_latex: bool = False, keeps_formulas: bool = True) -> str:
    """Turn what a source gives into text on one line.

    Args:
        text: As it stands in the source.
        is_latex: Whether it is LaTeX throughout, as in BibTeX, or text with some in it.
        keeps_formulas: Whether formulas that are words and numbers in truth stay formulas too.
    """
    if is_latex:
        text = plain_text(unwrap_tex_math(text), keeps_formulas=keeps_formulas)
        if "<" not in text and "&" not in text:
            return text
    elif "\\" in text:
        text = text_with_latex(unwrap_tex_math(text), keeps_formulas=keeps_formulas)
    return one_line(text_of_markup(text))


def clean_title(title: str, *, is_latex: bool = False) -> str:
    """Clean a title; "" where the source says that there is none."""
    text = clean_text(title, is_latex=is_latex)
    if text[:1].isalpha() and text[0] not in "NnUu":  # as those below begin
        return text
    return "" if _letters(text) in ("notitle", "notitleavailable", "untitled", "nan") else text


def clean_abstract(abstract: str, *, is_latex: bool = False) -> str:
    """Clean an abstract; "" where the source says that there is none."""
    bare = LABEL_LINE.sub("", abstract, count=1)
    text = clean_text(bare, is_latex=is_latex, keeps_formulas=False)
    text = without_copyright(without_label(text))
    return "" if is_placeholder(text) else text


def without_label(abstract: str) -> str:
    """Leave out the word "Abstract" before an abstract."""
    if abstract[:1] not in "aAsSzZrR[(":
        return abstract
    bare = LABEL.sub("", abstract, count=1)
    return CAPITAL_LABEL.sub("", bare, count=1)


def without_copyright(abstract: str) -> str:
    """Leave out what the publisher says of its rights before or behind an abstract."""
    if abstract[:1] in "©(cC":
        abstract = COPYRIGHT_BEFORE.sub("", abstract, count=1)
    abstract = _without_property(abstract)
    tail = abstract[-MOST_COPYRIGHT_CHARACTERS:]
    folded = tail.lower()
    for sign in RIGHTS:
        if sign in folded:
            tail = PUBLISHED_BY.sub("", COPYRIGHT_BEHIND.sub("", tail))
            return (abstract[:-MOST_COPYRIGHT_CHARACTERS] + tail).strip()
    return abstract.strip()


def _without_property(abstract: str) -> str:
    """Leave out whose property an abstract is, and from whom it comes."""
    if PROPERTY in abstract:
        at = abstract.rfind(PROPERTY, -MOST_PROPERTY_CHARACTERS)
        begin = abstract.rfind(COPYRIGHT_OF, 0, at) if at >= 0 else -1
        if 0 < at - begin < MOST_COPYRIGHT_CHARACTERS and "without" in abstract[at:]:
            abstract = abstract[: max(0, begin)]
    return ABSTRACT_FROM.sub("", abstract) if abstract.endswith(("]", ")", " ")) else abstract


def is_placeholder(text: str) -> bool:
    """Return whether the text only says that there is none."""
    if len(text) > MOST_PLACEHOLDER_CHARACTERS:
        return False
    letters = _letters(text)
    return letters in PLACEHOLDERS or not (letters or any(map(str.isdigit, text)))


def is_withdrawal(abstract: str) -> bool:
    """Return whether a notice that the paper was withdrawn stands where its abstract should."""
    return len(abstract) <= MOST_WITHDRAWN_CHARACTERS and WITHDRAWN.match(abstract) is not None


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text)).casefold() if len(text) <= 70 else text
