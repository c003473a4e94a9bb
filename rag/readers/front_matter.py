"""Read a paper that is written out as text: a title, people and places, an abstract, ids.

Each may have its label ("Title:", "Abstract—", "Keywords:") or none. What follows the abstract
(keywords, the introduction, rights) is no part of it.

Not covered: people without a label who stand on one line with sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, takewhile
from typing import Final

from rag.readers.dates import parse_date
from rag.readers.hyphens import whole_words
from rag.readers.people import Person, split_people
from rag.readers.prose import MARKED, reads_like_research
from rag.readers.records import Record, read_whole
from rag.readers.text_files import Text
from rag.text import one_line

STAMP: Final = re.compile(
    r"arXiv:\s*(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?:\s*\[[\w.-]+\])?"
    r"(?:\s+(?P<date>\d{1,2} \w{3} \d{4}))?",
    re.IGNORECASE,
)
DOI: Final = re.compile(r"(?:doi\.org/|doi\s*:?\s*)(10\.\d{4,9}/[^\s\"<>]+)", re.IGNORECASE)
DATED: Final = re.compile(
    r"(?:published|accepted|received|submitted(?: on)?)(?: online)?:?\s+"
    r"(\d{1,2} \w+ \d{4}|\w+ \d{1,2}, \d{4})",
    re.IGNORECASE,
)
# Behind a name: numbers and signs that lead to places and notes, addresses.
MARKS: Final = re.compile(
    r"\([\d\W]{1,40}?\)"
    r"|[\d¹²³⁴⁵⁶⁷⁸⁹⁰*†‡§¶∗✉♯#]+(?:\s*,\s*(?:[\d¹²³⁴⁵⁶⁷⁸⁹⁰*†‡§¶∗✉]+|[a-f]\b))*"
    r"|\S{1,100}@\S{1,100}|\{[^}]{0,300}\}@?\S{0,100}"
)
NO_PERSON: Final = re.compile(
    r"\b(?:universit\w*|universidad\w*|hochschule|[ée]cole|dept|department|institut\w*|school|college"
    r"|laborator\w*|lab|center|centre|faculty|academy|hospital|clinic|foundation|ministry|council"
    r"|technolog\w+|sciences?|engineering|inc|ltd|gmbh|corporation|research|google|microsoft|nvidia"
    r"|openai|deepmind|facebook|amazon|ibm|inria|cnrs|epfl|eth|mit|road|street|email|e-mail|abstract"
    r"|preprint|report|version|draft|article|proceedings|conference|journal|workshop|accepted"
    r"|received|published|correspondence|contribution|germany|france|china|usa|uk|india|canada"
    r"|italy|spain|japan|korea|brazil|netherlands|switzerland|australia|sweden|austria|israel)\b|@",
    re.IGNORECASE,
)
# What stands behind a name on its line and is none.
DEGREES: Final = re.compile(
    r",?\s*\b(?:(?:graduate |student |senior |life )*(?:member|fellow),?\s*(?:ieee|acm)"
    r"|ph\.?\s?d\b\.?|m\.?d\b\.?(?=\s*(?:,|;|$|and))|m\.?sc\b\.?|mph\b|r\.?n\b\.?(?=,|;|$))",
    re.IGNORECASE,
)
END: Final = re.compile(
    r"^\s*(?:(?:author |subject )?key\s?words?\s*(?:[:.—–-]|$)"
    r"|(?-i:(?:Author )?(?:Key ?[Ww]ords|KEY ?WORDS)(?: and [Pp]hrases)?[.:]?\s+(?=[A-Z\d]))"
    r"|index terms\b|ccs concepts\b|introduction\b\s*$"
    r"|(?:\d|I)\.?\s+introduction\b|(?:1|I)\.?\s*$|jel\b|msc\b|pacs\b|acm reference|contents\s*$"
    r"|general terms\b|categories and subject|\*?\s*corresponding author"
    r"|(?:copyright\s*)?(?:©|\(c\))|copyright\s+(?:\d{4}|by|held)"
    r"|references\s*$|conflict of interest|supplementary material)",
    re.IGNORECASE,
)
NO_TITLE: Final = re.compile(
    r"^(?:arxiv:|https?:|www\.|doi\b|pmid|vol\b|published|preprint|\d+$|\d{4}\.\d{4,5}(?:v\d+)?$"
    r"|10\.\d{4,9}/\S+$|\[submitted|(?:(?:research|original|review) )?(?:article|paper|letter)$"
    r"|open access$"
    r"|[\w ,&-]+ > [\w ,&-]+$)",
    re.IGNORECASE,
)
# `1. Nature. 2020 Jan 5;577(7788):706-710.`
CITED: Final = re.compile(r"\b((?:19|20)\d\d(?: \w{3}(?: \d{1,2})?)?)\s*;\s*\d+")
# A line's label, as people write it themselves or programs do; `Label` says of what.
LABELS: Final = {
    "title": "title|paper title|titel|titre",
    "authors": r"authors?(?:\(s\))?|by|written by|autoren|auteurs",
    "abstract": "abstract|summary|a ?b ?s ?t ?r ?a ?c ?t|zusammenfassung|résumé|resumen",
    "keywords": (
        r"(?:author |subject )?key\s?words?|index terms|tags|schlagwörter|schlüsselwörter"
        "|mots[- ]clés|palabras clave"
    ),
    "published": "published|publication date|date|year|submitted(?: on)?",
    "venue": "journal|venue|conference|booktitle|published in|journal ref(?:erence)?",
    "url": "url|link|source url|available at",
    "doi": "(?:related |article )?doi",
    "arxiv_id": "arxiv(?: id)?",
    "pmid": "pmid",
    "": (
        "author information|affiliations?(?: expand)?|correspond\\w+(?: authors?)?|e-?mails?"
        "|comments|subjects|cite as|report number|msc classes|acm classes|pmcid|source|language"
        "|tl;?dr|publisher|date of [a-z ]+|view pdf|html \\(experimental\\)"
        "|conflict of interest(?: statement)?"
    ),
}
LABELLED: Final = re.compile(
    "^(?:"
    + "|".join(f"(?P<label_{n}>{words})" for n, words in enumerate(LABELS.values()))
    + r")(?P<sign>\s*(?:[:：]\s*|\s?[—–]\s*|\.\s?[—–-]+\s*|-{1,3}\s+|$))",
    re.IGNORECASE,
)
# `Abstract We propose`, `ABSTRACT. We propose`.
HEADING: Final = re.compile(
    rf"^(?:{LABELS['abstract']})(?:\s*\.\s*|\s+)(?P<rest>[A-Z\d\"“(].*)$", re.IGNORECASE
)
NAMES: Final = tuple(LABELS)
# `How kettles sing. Abstract: Kettles sing because … Keywords: kettles`, pasted on one line.
INLINE_ABSTRACT: Final = re.compile(
    r"^(?!(?i:abstract|title)\b)(\S.{10,300}?)[.]?[ \t]+"
    r"(?=(?:Abstract|ABSTRACT)\s?[:—–]\s)",
    re.MULTILINE,
)
INLINE_LABEL: Final = re.compile(
    r"(?<=[.!?])[ \t]+(?=(?:Key\s?[Ww]ords|KEYWORDS|Index [Tt]erms)\s?[:—–]\s)"
)
# What Markdown and word processors put around a label.
AROUND: Final = re.compile(r"^(?:#{1,6}\s+|\*{1,3}|_{1,3})(.*?)(?:\*{1,3}|_{1,3})?$")
EMPHASISED: Final = re.compile(r"^(\*{1,3}|_{2,3})([\w ]{2,30}?[:.—–]?)\1\s*[:.—–]?\s*(.*)$")
ONE_WORD: Final = ("url", "doi", "arxiv_id", "pmid")
ONE_LINE: Final = (*ONE_WORD, "published", "venue")
# With which no title ends, or only in the middle.
GOES_ON: Final = re.compile(
    r"(?:[:,–—-]|\b(?:a|an|the|of|for|in|on|with|and|or|to|from|by|via|using|at|as|into|under"
    r"|between|through|is|are|its|towards?|over|without))$",
    re.IGNORECASE,
)
PARTICLES: Final = frozenset(
    "and de del della der den van von la le di da dos du el al bin ibn ter ten zu y e of".split()
)
BETWEEN_NAMES: Final = re.compile(r"\s*[·•|∙]\s*")
IN_BRACKETS: Final = re.compile(r"\([^)]{0,200}\)")
# What pages put beside names, often without a space.
FURNITURE: Final = re.compile(
    r"view orcid profile|orcid logo|author links open overlay panel|\bshow more\b"
    r"|search for more papers by this author|view author publications|\ball authors\b",
    re.IGNORECASE,
)
# `Ada Kessel a, b`: letters that lead to places.
LETTER_MARKS: Final = re.compile(r"(?<=\w)\s+[a-z](?:\s*,\s*[a-z])*(?=\s*(?:[,;&]|$|and\b))")
# `A Kessel, B Tee - Journal of Tides, 2020 - Elsevier`, as searches show what they find.
BEHIND_DASH: Final = re.compile(r"\s+[-–]\s[^-–]{0,120}\b(?:19|20)\d\d\b.{0,80}$")
BY: Final = re.compile(r"^by\s+", re.IGNORECASE)
# Below an abstract, what a page goes on with: "Primary Area: learning", "Competing interests".
FIELD: Final = re.compile(r"^[A-Z][\w ]{1,30}:\s*\S")
SENTENCE_END: Final = (".", "!", "?", ".”", '."', ".)")
STRUCTURE: Final = re.compile(
    r"^(?:background|introduction|motivation|aims?|objectives?|purpose|context|importance|rationale"
    r"|(?:materials? and |patients and )?methods?|design|setting|participants|patients|data"
    r"|interventions?|measurements?|main outcomes?.*|results?|findings|discussion|limitations?"
    r"|conclusions?|interpretation|significance|implications|availability.*|funding)\b",
    re.IGNORECASE,
)
MOST_HEADING_WORDS: Final = 5
LINES_LOOKED_AT: Final = 20
FULL_STOP: Final = re.compile(r"(?:\s|(?<=[^\W\d_]{4}))\.$")
NAME_WORD: Final = re.compile(r"^[^\W\d_][^\W\d_]*(?:[.'’‐-][^\W\d_]*)*\.?$")
MOST_TITLE_LINES: Final = 4
MOST_TITLE_CHARACTERS: Final = 400
MOST_NAME_WORDS: Final = 6
MOST_PLACE_WORDS: Final = 30
LEAST_ABSTRACT_CHARACTERS: Final = 90
MOST_LINES_BEFORE: Final = 200  # the label of the abstract, in a file
MOST_CHARACTERS: Final = 5_000_000
FIRST_CHARACTERS: Final = 60_000  # of what may be a whole paper


@dataclass(slots=True)
class Parts:
    """The lines of a text by what they belong to; a blank one is "".

    Attributes:
        front: Those before the abstract that have no label.
        labelled: Those behind labels.
        others: Those of which only ids and dates matter.
    """

    front: list[str] = field(default_factory=list)
    labelled: dict[str, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


def looks_like_front_matter(text: str) -> bool:
    """Tell whether a text has a title, and below the word "Abstract" an abstract."""
    if not has_abstract_label(text):
        return False
    record = read_front_matter(text)
    title, abstract = str(record["title"]), str(record["abstract"])
    first = text.lstrip().partition("\n")[0]
    return (
        len(title.split()) > 1
        and len(title) <= MOST_TITLE_CHARACTERS
        and not MARKED.match(title)
        and not (MARKED.match(first) and _label(first)[0] is None)
        and len(abstract) >= LEAST_ABSTRACT_CHARACTERS
        and reads_like_research(abstract)
    )


def read_front_matters(file: Text) -> Iterator[Record]:
    """Read the papers of a file, each as `read_front_matter` does.

    Raises:
        UnreadableError: The file is longer than any.
    """
    yield from map(read_front_matter, split_papers(read_whole(file, MOST_CHARACTERS, "text")))


def has_abstract_label(text: str) -> bool:
    """Return whether one of a text's first lines begins with the label of an abstract."""
    lines = [_bare(line) for line in _lines(text)[:MOST_LINES_BEFORE]]
    return any(_abstract_label(line) is not None for line in lines)


def split_papers(text: str) -> list[str]:
    """Split a text where another paper's title begins, if titles are labelled."""
    papers: list[list[str]] = [[]]
    has_title = False
    for line in text.splitlines():
        if _label(_bare(line))[0] == "title":
            if has_title:
                papers.append([])
            has_title = True
        papers[-1].append(line)
    return ["\n".join(lines) for lines in papers]


def read_front_matter(text: str) -> Record:
    """Make a record of one paper; what is not found is left empty."""
    lines = [_bare(line) for line in _lines(text[:FIRST_CHARACTERS])]
    parts = _parts([line for line, _ in groupby(lines)])
    front = _without_noise(parts)
    own = [line for line in parts.labelled.get("title", ()) if line]
    title, behind = _title(own or front)
    behind = [*behind, *front] if own else behind
    abstract = parts.labelled.get("abstract")
    people, rest = _people(behind, is_apart=abstract is not None)
    if abstract is None:
        abstract = rest
        parts.others += behind[: len(behind) - len(rest)]
    else:
        parts.others += behind
    named = [line for line in parts.labelled.get("authors", ()) if line]
    beside = "\n".join(parts.others)
    stamp, doi = STAMP.search(beside), DOI.search(beside)
    if any(map(CITED.search, parts.others)):
        title = title.rstrip(".")  # as PubMed ends titles
    record: dict[str, object] = {
        "title": title.rstrip("*†‡∗§¶ "),
        "abstract": _joined(abstract, text),
        "authors": _names(" ".join(named)) if named else people,
        "keywords": one_line(" ".join(parts.labelled.get("keywords", ()))),
        "doi": doi[1].rstrip(".,;)]") if doi else _bare_doi(parts.others),
        "arxiv_id": stamp["id"] if stamp else _bare_arxiv_id(parts.others),
        "published": (stamp["date"] if stamp else "") or _date(beside),
    }
    given = {name: one_line(" ".join(parts.labelled.get(name, ()))) for name in ONE_LINE}
    given |= {name: given[name].partition(" ")[0] for name in ONE_WORD}
    return record | {name: value for name, value in given.items() if value}


def _lines(text: str) -> list[str]:
    """Return a text's lines; labels that stand behind a title or an abstract begin lines too."""
    lines = text.splitlines()
    if any(INLINE_ABSTRACT.match(line) for line in lines[:MOST_LINES_BEFORE]):
        return INLINE_LABEL.sub("\n", INLINE_ABSTRACT.sub(r"\1\n", text, count=1)).splitlines()
    return lines


def _bare(line: str) -> str:
    """Return a line without what sets it off: Markdown's signs around a label or a heading."""
    line = one_line(line)
    if line[:1] not in "#*_":
        return line
    if found := EMPHASISED.match(line):
        label = found[2] if found[2][-1] in ":.—–" or not found[3] else f"{found[2]}:"
        return f"{label} {found[3]}".strip()
    found = AROUND.match(line)
    return found[1].strip() if found else line


def _label(line: str) -> tuple[str | None, str]:
    """Return what a line's label says that it holds, and the rest of it; None where it has none."""
    found = LABELLED.match(line)
    if found is None:
        return None, line
    number = next(n for n in range(len(NAMES)) if found[f"label_{n}"] is not None)
    return NAMES[number], line[found.end() :].strip()


def _abstract_label(line: str) -> str | None:
    """Return what stands behind the label of an abstract on its line, or None."""
    name, rest = _label(line)
    if name == "abstract":
        return rest
    found = HEADING.match(line)
    if found is None or line[0].islower() or found["rest"][0].islower():
        return None
    # "Abstract Interpretation" begins a title.
    is_sentence = line[:8].isupper() or len(found["rest"].split()) > 8
    return found["rest"] if is_sentence else None


def _parts(lines: Sequence[str]) -> Parts:
    parts = Parts()
    into = parts.front
    is_in_abstract = is_short = is_one_line = False
    name = ""
    for at, line in enumerate(lines):
        label, rest = _label_here(line, parts, is_in_abstract=is_in_abstract)
        is_over = is_in_abstract and _is_over(into, line, lines[at + 1 : at + 2])
        is_end = (
            is_over
            or (END.match(line) and not line[0].islower())
            or (name == "keywords" and FIELD.match(line))
        )
        if label is None and any(into) and into is not parts.front and is_end:
            into, is_in_abstract, is_short = parts.others, False, False
        if label is not None:
            is_in_abstract, is_short, name = label == "abstract", label != "abstract", label
            is_one_line = label in ONE_LINE or bool(not label and rest)
            into = parts.labelled.setdefault(label, []) if label else parts.others
            line = rest
            if label in ("doi", "arxiv_id", "pmid", "published"):
                parts.others.append(f"{label.partition('_')[0]}: {rest}")
        elif is_short and any(into) and (is_one_line or _ends(name, into, line)):
            into = parts.front if "abstract" not in parts.labelled else parts.others
            is_short = False
        into.append(line)
    return parts


def _label_here(line: str, parts: Parts, *, is_in_abstract: bool) -> tuple[str | None, str]:
    """Return a line's label and the rest of it; a sentence of the abstract has none."""
    label, rest = _label(line)
    if not is_in_abstract:
        opened = _abstract_label(line) if label is None and any(parts.front) else None
        return ("abstract", opened) if opened is not None else (label, rest)
    is_sentence = line[:1].islower() or label in ("abstract", "title", "authors")
    return (None, line) if is_sentence or _is_text(label, rest) else (label, rest)


def _is_over(before: Sequence[str], line: str, below: Sequence[str]) -> bool:
    """Tell whether a line below the sentences of an abstract is the page's own."""
    last = next((each for each in reversed(before) if each), "")
    if not last.endswith(SENTENCE_END) or not line or line.endswith(SENTENCE_END):
        return False
    if STRUCTURE.match(line):
        return False
    if FIELD.match(line):
        return True
    width = max(
        map(len, before[-LINES_LOOKED_AT:])
    )  # a line of a paragraph that was broken is about as long
    is_short = len(line.split()) <= MOST_HEADING_WORDS and len(line) < width / 2
    is_short = is_short and not GOES_ON.search(line)
    return is_short and line[0].isupper() and not (below and below[0] and not below[0][0].isupper())


def _ends(label: str, before: Sequence[str], line: str) -> bool:
    """Return whether a line belongs no more to what the label above it says."""
    if not line:
        return True
    goes_on = before[-1][-1:] in ",;" or before[-1].endswith(" and")
    return label == "authors" and not (goes_on or _names(line))


def _is_text(label: str | None, rest: str) -> bool:
    """Tell whether what seems a label within an abstract begins one of its sentences."""
    return label in ("venue", "published", "") and len(rest.split()) > MOST_PLACE_WORDS


def _without_noise(parts: Parts) -> list[str]:
    """Return the lines in front without those above the title that are no title."""
    front = list(parts.front)
    least = 0 if {"abstract", "title"} & parts.labelled.keys() else 2
    while front and (not front[0] or _is_noise(front[0])):
        if front[0] and len([line for line in front if line]) <= least:
            break
        if front[0]:
            parts.others.append(front[0])
        front.pop(0)
    return front


def _is_noise(line: str) -> bool:
    return bool(NO_TITLE.match(line) or CITED.search(line))


def _title(lines: Sequence[str]) -> tuple[str, list[str]]:
    """Return the title, which may take several lines, and the lines below it."""
    if not lines or len(lines[0]) > MOST_TITLE_CHARACTERS:
        return "", list(lines)
    title = lines[0]
    at = 1
    while at < min(len(lines), MOST_TITLE_LINES) and _goes_on(title, *lines[at : at + 2]):
        title = f"{title} {lines[at]}"
        at += 1
    return title, list(lines[at:])


def _goes_on(title: str, line: str, below: str = "") -> bool:
    """Return whether a line goes on with the title above it, and begins no abstract."""
    if not line or len(title) + len(line) > MOST_TITLE_CHARACTERS // 2:
        return False
    if line[-1] in ".!@" and below:
        return False
    if GOES_ON.search(title):
        return not _is_place(line)
    if BY.match(line) and _names(line):
        return False
    return line[0].islower() and len(line.split()) <= MOST_PLACE_WORDS and not NO_TITLE.match(line)


def _people(lines: Sequence[str], *, is_apart: bool) -> tuple[list[str], list[str]]:
    """Return the people below a title, and the lines below them and their places.

    Args:
        lines: Those below the title.
        is_apart: Whether the abstract is known to stand elsewhere, so that none of these is its.
    """
    people: list[str] = []
    begins_block = True  # each of several people may have a block of lines
    last = max((n for n, line in enumerate(lines) if line), default=0)
    for at, line in enumerate(lines):
        if not is_apart and at >= last:
            return list(dict.fromkeys(people)), list(lines[at:])  # what is last is the abstract
        found = _names(line) if begins_block or people else []
        if found and (begins_block or not is_apart):
            people += found
        elif not (is_apart or not line or _is_noise(line) or (people and _is_place(line))):
            return list(dict.fromkeys(people)), list(lines[at:])
        begins_block = bool(found or FIELD.match(line)) or not line or "@" in line
    return list(dict.fromkeys(people)), []


def _names(line: str) -> list[str]:
    """Return the people of a line that names nothing else, or only their places beside them."""
    if len(line) > FIRST_CHARACTERS:
        return []
    line = MARKS.sub(" ", BEHIND_DASH.sub("", FURNITURE.sub(" ", line)))
    line = DEGREES.sub(" ", BETWEEN_NAMES.sub(", ", line))
    line = BY.sub("", IN_BRACKETS.sub(" ", line))
    line = LETTER_MARKS.sub("", line)
    line = FULL_STOP.sub("", one_line(line).replace(" ,", ",").strip(" ,;"))
    if ";" in line:
        some = [each.partition(",")[0] if _is_placed(each) else each for each in line.split(";")]
        line = ";".join(some)
    else:
        parts = line.split(",")
        named = list(takewhile(lambda part: not NO_PERSON.search(part), parts))
        line = ",".join(named).strip()
    if not line or NO_PERSON.search(line):
        return []
    names = split_people(line)
    found = [each if isinstance(each, Person) else each.strip(" ,") for each in names if each]
    found = [name for name in found if name]
    return found if found and all(map(_is_name, found)) else []


def _is_placed(text: str) -> bool:
    """Return whether a full name with a place behind it: `Bo Tee, ETH Zürich`."""
    name, comma, place = text.partition(",")
    return bool(comma) and len(name.split()) > 1 and len(place.split()) > 1


def _is_name(text: str) -> bool:
    words = text.split()
    capitals = [word for word in words if word.casefold() not in PARTICLES]
    return (
        1 < len(words) <= MOST_NAME_WORDS
        and len(capitals) > 1
        and all(NAME_WORD.match(word) for word in words)
        and all(word[0].isupper() or not word[0].islower() for word in capitals)
        and (len(capitals[-1]) > 2 or "." not in capitals[-1])
    )


def _is_place(line: str) -> bool:
    """Return whether a line says where people work or how they are reached."""
    if len(line.split()) > MOST_PLACE_WORDS:
        return False
    return bool("@" in line or NO_PERSON.search(line) or MARKS.match(line))


def _bare_doi(lines: Sequence[str]) -> str:
    return next((line.rstrip(".,;") for line in lines if re.match(r"^10\.\d{4,9}/\S+$", line)), "")


def _bare_arxiv_id(lines: Sequence[str]) -> str:
    found = (re.match(r"^(?:\S*arxiv\.org/\w+/)?(\d{4}\.\d{4,5})(?:v\d+)?$", one) for one in lines)
    return next((each[1] for each in found if each), "")


def _date(text: str) -> str:
    found = DATED.search(text) or CITED.search(text)
    return (parse_date(found[1]) or "") if found else ""


def _joined(lines: Sequence[str], around: str) -> str:
    """Return lines as one text; a word that was broken at the end of a line is whole again."""
    text = "\n".join(line for line in lines if line)
    return one_line(whole_words(text, around))
