"""Read who wrote a paper, in whatever way it is written: given name first, each person once.

A name whose parts a record tells apart is a `Person`, which knows its family name.

Not covered: which of `Kessel Ada, Tee Bo` is the family name when commas separate people and no
initials tell; they stay as they are.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from rag.cleaning.latex import plain_text
from rag.cleaning.markup import without_entities
from rag.names import BODY, SUFFIXES, FamilyNames, Name, is_telling, split_name
from rag.text import one_line

MOST_CHARACTERS: Final = 200_000  # of all names together; papers of 3,000 authors have 60,000
MOST_PARTS: Final = 4  # of a name: those below and a place
ARXIV_PARTS: Final[tuple[object, ...]] = ("family", "given", "suffix")
NOBODY: Final = frozenset(
    (
        *("others", "et al", "et al.", "etal", "and others", "anonymous", "[anonymous]", "anon"),
        *("anon.", "[anon]", "na", "n/a", "none", "unknown", "no author", "[no author name]"),
        *("[no author name available]", "no author name available", "...", "…", "nan", "null"),
        *(
            "[no authors listed]",
            "no authors listed",
            "and",
            "&",
            "-",
            "collab",
            "[author unknown]",
        ),
        *("various", "not available", "u.a.", "u. a.", "et al.,"),
    )
)
# `Kessel AB`, `van der Berg J.-P.`: a family name with initials behind it.
TIGHT_INITIALS: Final = re.compile(r"^[^\W\d_]\.?(?:[-‐ ]?[^\W\d_]\.?){0,3}$")
AND: Final = re.compile(r"\s*(?:,\s*)?(?:\band\b|&|\bund\b|\bet\b(?!\s+al))\s+", re.IGNORECASE)
ET_AL: Final = re.compile(
    r"[,;]?\s*(?:\band\s+)?\bet\.?\s+al\b\.?.*$|[,;]?\s*\band\s+others\b.*$"
    r"|[,;]?\s*(?:\band\s+|&\s*|\+\s*)?\b\d{1,4}\s+(?:more|others)\b.*$",
    re.IGNORECASE,
)
HAS_MORE: Final = re.compile(r"[\d\[(;]")  # than a name
ROLE: Final = re.compile(r"\s*[\[(](?:ed|eds|editor|hrsg|corresponding author)s?\.?[\])]", re.I)
BODY_PREFIX: Final = re.compile(r"^(?:for|on behalf of)\s+(?:the\s+)?", re.IGNORECASE)
SCOPUS_NUMBER: Final = re.compile(r"\s*\(\d+\)$")
ORCID: Final = re.compile(
    r"\s*\(?(?:https?://orcid\.org/|ORCID:\s*)?\d{4}-?\d{4}-?\d{4}-?\d{3}[\dX]\)?"
)
PLACE: Final = re.compile(r"(?<=\w)[.,]?\s+\[[^\[\]]{3,300}\]")  # behind a name, as OSTI has it
EXTENDED: Final = re.compile(
    r"^(?:family|given|prefix|suffix|given-i|useprefix)\s*=", re.IGNORECASE
)
AND_WORD: Final = re.compile(r"[{}]|\sand(?=\s)", re.IGNORECASE)
SEMICOLON: Final = re.compile(r"[{};]")
COMMA: Final = re.compile(r"[{},]")
SPACE: Final = re.compile(r"[{}\s]")
LISTED: Final = re.compile(r"^\s*\[\s*[\"']")  # a list of Python's, as tables have it
NESTED: Final = re.compile(r"^\s*\[\s*[\[{].*\]\s*$", re.DOTALL)  # and one of lists or mappings
QUOTED: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"")
MOST_INITIALS_CHARACTERS: Final = 11  # J.-P. A. B.
# `Ada Kessel, Bo J. Tee, Cy van der Pot`: nearly all of arXiv's. Every name has two words at least,
# and its last a small letter, so it is neither initials nor a suffix.
LATIN: Final = "".join(map(chr, (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x180))))
CAPITAL: Final = f"[{''.join(filter(str.isupper, LATIN))}]"
SMALL: Final = f"[{''.join(filter(str.islower, LATIN))}]"
FULL_NAME: Final = (
    rf"(?!For )(?:(?!(?i:and|und|et|others)\b){CAPITAL}[\w.'-]*+ )+"
    r"(?:(?:de|del|della|der|den|di|da|do|dos|du|el|la|le|ten|ter|van|von) )*"
    rf"{CAPITAL}(?:{CAPITAL}|['-])*+{SMALL}(?:{SMALL}|{CAPITAL}|['-])*+"
)
SIMPLE: Final = re.compile(rf"{FULL_NAME}(?:, {FULL_NAME})*+$")
CJK: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}")


class Person(str):
    """A name as it is spoken, of which a record tells the family name.

    Attributes:
        family: The family name, its particle in front; the whole name where it stays whole.
    """

    __slots__ = ("family",)

    family: str

    def __new__(cls, name: str, family: str) -> Person:
        """Make one of a name with the given name first."""
        person = super().__new__(cls, name)
        person.family = family
        return person


def whole(text: str) -> str:
    """Return a name that a record gives as one that is not to be taken apart, such as a body's.

    With a comma inside it may be a person's all the same.
    """
    name = _without_notes(text)
    if "," in name:
        return spoken(name)
    return Person(name, name) if name else ""


def with_endnotes_bodies(names: Iterable[str]) -> list[str]:
    """Return names as EndNote has them, who knows by a comma behind it that one is whole."""
    return [whole(each) if each.rstrip().endswith(",") else each for each in names]


def read_family_names(names: Iterable[str]) -> FamilyNames:
    """Return the family names that do not follow from names of which they were told."""
    told = {str(each): each.family for each in names if isinstance(each, Person)}
    return tuple(pair for pair in told.items() if _is_telling(*pair))


_is_telling = lru_cache(1 << 14)(is_telling)


def read_people(value: object) -> tuple[str, ...]:
    """List the names that a text, a list or a mapping of names holds.

    A text may separate them by `;`, `and`, `&` or commas. In a list each stands by itself.
    """
    names: Iterable[str]
    if isinstance(value, str):
        if "[" not in value:
            names = split_people(value)
        elif NESTED.match(value):
            return read_people(_parsed(value))
        elif LISTED.match(value := without_entities(value)):
            names = map(spoken, (one or other for one, other in QUOTED.findall(value)))
        else:
            names = split_people(value)
    elif isinstance(value, Mapping):
        names = _from_mapping(value)
    elif isinstance(value, Iterable):
        names = [name for each in value for name in _from_item(each)]
    else:
        return ()
    return tuple(dict.fromkeys(name for name in names if name))


def _parsed(text: str) -> object:
    """Return a list of people that was printed into a table, in Python's manner or as JSON."""
    for parse in (json.loads, ast.literal_eval):
        try:
            found: object = parse(text[:MOST_CHARACTERS])
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return found if isinstance(found, list) else ()
    return ()


def _from_item(item: object) -> Iterator[str]:
    if isinstance(item, Mapping):
        yield from _from_mapping(item)
    elif isinstance(item, str):
        text = without_entities(item)
        if ";" in text:
            yield from map(spoken, text.split(";"))
        elif isinstance(item, Person):
            name = _without_notes(text)
            yield Person(name, without_entities(item.family)) if name else ""
        else:
            yield spoken(text)
    elif isinstance(item, list | tuple) and len(ARXIV_PARTS) <= len(item) <= MOST_PARTS:
        yield from _from_mapping(dict(zip(ARXIV_PARTS, item, strict=False)))


def _from_mapping(person: Mapping[object, object]) -> Iterator[str]:
    """Read a person as JSON describes one: CSL, Crossref, Semantic Scholar, Zotero and others."""
    keys = {_bare(str(key)): _words(value) for key, value in person.items()}
    keys = {key: text for key, text in keys.items() if text}
    if text := keys.get("literal"):
        yield whole(text)
        return
    family, given = _first(keys, *FAMILY), _first(keys, *GIVEN)
    named = _first(keys, *WHOLE)
    if family and named and not given and family.casefold() not in named.casefold():
        given = named  # a name beside a surname
    if given and named and not family and given.casefold() not in named.casefold():
        family = named  # and beside a given name, as Typst has it
    if named and not (family and given):
        is_body = named in map(keys.get, BODIES) or keys.get("nametype") == ORGANIZATION
        yield whole(named) if is_body else spoken(named)
        return
    if family:
        dropping = keys.get("droppingparticle", "")
        given = " ".join(filter(None, (given, _first(keys, "middle", "middlename"), dropping)))
        prefix = keys.get("prefix", "")  # or a title, such as Dr.
        particle = keys.get("nondroppingparticle", prefix if prefix.islower() else "")
        yield _person(Name(family, given, particle, keys.get("suffix", "")))


def _person(name: Name) -> str:
    """Return a person of known parts; the name alone where other things seem to stand in them."""
    text = one_line(str(name))
    is_turned = "." in name.family and _are_initials(name.family)  # J., Ada
    is_together = name.is_whole and _has_initials_behind(text)  # Kessel AB
    is_more = "," in text or is_turned or is_together
    return text if is_more else Person(text, one_line(name.whole_family))


FAMILY: Final = ("family", "lastname", "last", "surname", "familyname", "keyname")
GIVEN: Final = ("given", "givennames", "firstname", "first", "forename", "givenname", "forenames")
WHOLE: Final = (
    *("fullname", "name", "displayname", "full", "creatorname", "collectivename", "collab"),
    *("authorname", "preferredname", "stringname"),
)
BODIES: Final = ("collectivename", "collab")  # of these
ORGANIZATION: Final = "Organizational"  # DataCite's type of names


@lru_cache(1 << 10)
def _bare(key: str) -> str:
    return "".join(filter(str.isalnum, key)).casefold()


def _words(value: object) -> str:
    """Return a text, or the texts of a list, such as several middle names."""
    if isinstance(value, list | tuple):
        return one_line(" ".join(each for each in value if isinstance(each, str)))
    return one_line(value) if isinstance(value, str) else ""


def _first(keys: Mapping[str, str], *names: str) -> str:
    return next((keys[name] for name in names if name in keys), "")


@lru_cache(1 << 14)
def spoken(text: str) -> str:
    """Write one person's name with the given name first; "" for nobody."""
    text = _without_notes(text)
    if "," not in text:
        return _with_initials_before(text)
    if BODY.search(text):
        return text
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 3 and parts[2].casefold() in SUFFIXES:  # RIS has the suffix last
        parts = [parts[0], parts[2], parts[1]]
    parts = list(filter(None, parts))
    name = split_name(", ".join(parts))
    is_spoken = len(parts) == 2 and parts[1].casefold() in SUFFIXES  # John Smith, Jr.
    return str(name) if name.is_whole or is_spoken else _person(name)


def _without_notes(text: str) -> str:
    """Return a name without roles, ids, places and the signs of notes; "" for nobody."""
    text = one_line(text)
    if HAS_MORE.search(text):
        text = PLACE.sub("", ORCID.sub("", SCOPUS_NUMBER.sub("", ROLE.sub("", text)))).strip(" ;")
    if text.casefold() in NOBODY or not any(map(str.isalpha, text)):
        return ""
    text = BODY_PREFIX.sub("", text) if text[0] in "FfOo" else text
    return text.strip(", ").rstrip("*†‡§¶ ")


def _with_initials_before(text: str) -> str:
    """Put the initials of `Kessel AB` in front."""
    family, _, initials = text.rpartition(" ")
    if len(initials) > MOST_INITIALS_CHARACTERS:
        return text
    named = [word for word in family.split() if not word.islower()]  # without particles
    is_family = len(family) > 1 and not family.isupper() and "." not in family
    is_family = is_family and len(named) == 1  # Dharma Raj KC has a given name before
    if is_family and _are_initials(initials):
        return f"{initials} {family}"
    return text


def _are_initials(text: str) -> bool:
    """Return whether a word is made of capital initials: `A`, `AB`, `A.B.`, `J.-P.`."""
    letters = [sign for sign in text if sign.isalpha()]
    if not 0 < len(letters) <= 4 or not all(map(str.isupper, letters)):
        return False
    if text.casefold() in SUFFIXES:
        return False
    return bool(TIGHT_INITIALS.match(text)) or (len(letters) <= 3 and text.isalpha())


def split_people(text: str) -> list[str]:
    """List the names of a text, given name first."""
    if SIMPLE.match(text) and NOBODY.isdisjoint(map(str.casefold, names := text.split(", "))):
        return names
    text = without_entities(text)
    text = _without_brackets(text[:MOST_CHARACTERS].strip().strip(";,"))
    if text.endswith(".") and text.count(".") == 1:
        parts = re.split("[,;]", text[:-1])
        text = text[:-1] if len(parts) > 1 and all(map(_has_initials_behind, parts)) else text
    if "|" in text and ";" not in text:
        text = text.replace("|", ";")
    if ";" in text:
        return [spoken(each) for part in text.split(";") for each in _joined(part)]
    if "al" in text or "others" in text or "more" in text:
        text = ET_AL.sub("", text)
    parts = AND.split(text)
    if len(parts) == 1:
        return _all_spoken(_separated_by_commas(text))
    return [spoken(each) for part in parts for each in _separated_by_commas(part)]


def _all_spoken(names: list[str]) -> list[str]:
    """Write names with the given name first; in a list of them, one tells of the others.

    So does `Le Goff Y`, whose family name has two words, beside `Tee B`.
    """
    if len(names) > 1 and not any(name.endswith(".") for name in names[:-1]):
        names = [*names[:-1], names[-1].rstrip(".")]
    apart = [name.rpartition(" ") for name in names]
    are_alike = all(
        family and "," not in family and _are_initials(initials) for family, _, initials in apart
    )
    if len(names) > 1 and are_alike and any(map(_has_initials_behind, names)):
        return [Person(f"{initials} {family}", family) for family, _, initials in apart]
    return [spoken(each) for each in names]


def _joined(part: str) -> list[str]:
    """Split `Tee, Bo & Pot, Cy` or `Tee B, Pot C` between semicolons."""
    people = [each for each in AND.split(part) if each.strip()]
    if len(people) == 1 and all(map(_has_initials_behind, part.split(","))):
        return part.split(",")
    return people


def _has_initials_behind(name: str) -> bool:
    return _with_initials_before(name.strip()) != name.strip()


def _separated_by_commas(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) < 2:
        return parts
    if len(parts) == 2 and not _is_list_of_two(parts):
        return [", ".join(parts)]
    if any(part.casefold() in SUFFIXES for part in parts):
        return _with_suffixes(parts)
    return _paired(parts) if len(parts) % 2 == 0 and _are_pairs(parts) else parts


def _are_pairs(parts: list[str]) -> bool:
    """Return whether family and given names take turns: `Kessel, A., Tee, B.`."""
    if all(len(part.split()) == 1 and not _is_given(part) for part in parts):
        return not any(map(CJK.search, parts))
    return all(map(_is_given, parts[1::2])) and not any(map(_is_given, parts[::2]))


def _paired(parts: list[str]) -> list[str]:
    return [f"{family}, {given}" for family, given in zip(parts[::2], parts[1::2], strict=True)]


def _is_list_of_two(parts: list[str]) -> bool:
    """Return whether two parts are two people, `Ada Kessel, Bo Tee`, and not `Kessel, Ada`."""
    first, second = parts
    if second.casefold() in SUFFIXES:
        return False
    if CJK.search(second):
        return True
    words = first.split()
    is_full_name = len(words) > 1 and not words[0].islower() and len(second.split()) > 1
    return is_full_name and not _are_initials(second.replace(" ", ""))


def _is_given(part: str) -> bool:
    """Return whether a part between commas is made of initials: `A.`, `A. B.`, `AB`."""
    return _are_initials(part.replace(" ", "")) or bool(
        re.fullmatch(r"(?:[^\W\d_]\.[\s-]?){1,4}", part)
    )


def _with_suffixes(parts: list[str]) -> list[str]:
    """Put `Jr.` behind the one before it."""
    if len(parts) == 3 and " " not in parts[0] and parts[2].casefold() in SUFFIXES:
        return [", ".join(parts)]  # King, Martin Luther, Jr.
    names: list[str] = []
    for part in parts:
        if names and part.casefold() in SUFFIXES:
            names[-1] = f"{names[-1]} {part}"
        else:
            names.append(part)
    return names


def _without_brackets(text: str) -> str:
    """Drop what stands in round brackets, nested ones too: affiliations."""
    if "(" not in text:
        return text
    kept, depth = [], 0
    for piece in re.split(r"([()])", text):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(piece)
    return (
        " ".join("".join(kept).split()) if not depth else " ".join(text.replace("(", " ").split())
    )


def bibtex_people(field: str) -> list[str]:
    """List the names of a BibTeX field, given name first; braces keep together what they enclose.

    Also understood: names that are separated by semicolons or commas, against BibTeX's rules, and
    those of biblatex's extended form (`family=Kessel, given=Ada`).
    """
    people = [" ".join(each.split()) for each in _outside_braces(field[:MOST_CHARACTERS], AND_WORD)]
    if len(people) == 1:
        people = list(_outside_braces(people[0], SEMICOLON))
    names = [name for each in people for name in _bibtex_person(each.strip())]
    return list(dict.fromkeys(name for name in names if name))


def _bibtex_person(text: str) -> list[str]:
    if EXTENDED.match(text):
        return [_extended(text)]
    if _is_enclosed(text):
        return [whole(plain_text(text))]
    parts = [part.strip() for part in _outside_braces(text, COMMA)]
    if _breaks_the_rules(parts):
        return [spoken(plain_text(each)) for each in _separated_by_commas(text)]
    name = spoken(plain_text(text))
    if len(parts) == 1 and (last := _last_enclosed(text)) and name.endswith(f" {last}"):
        return [Person(name, last)]
    return [name]


def _last_enclosed(text: str) -> str:
    """Return the words that braces keep together at the end: `Gabriel {García Márquez}`."""
    *_, last = _outside_braces(text, SPACE)
    return plain_text(last) if " " in last else ""


def _breaks_the_rules(parts: list[str]) -> bool:
    """Return whether commas stand between people, where BibTeX has `and`."""
    if len(parts) > 2:
        return parts[1].casefold() not in SUFFIXES and parts[2].casefold() not in SUFFIXES
    return len(parts) == 2 and "." in parts[0].split(" ")[0] and _is_list_of_two(parts)


def _extended(text: str) -> str:
    parts: dict[str, str] = {}
    for pair in _outside_braces(text, COMMA):
        name, _, value = pair.partition("=")
        parts.setdefault(name.strip().casefold(), plain_text(value.strip().strip('"')))
    given = parts.get("given") or parts.get("given-i", "")
    family = parts.get("family", "")
    return _person(Name(family, given, parts.get("prefix", ""), parts.get("suffix", "")))


def _is_enclosed(text: str) -> bool:
    """Return whether one pair of braces holds all of a name."""
    if not (text.startswith("{") and text.endswith("}")):
        return False
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if not depth:
            return at == len(text) - 1
    return False


def _outside_braces(text: str, separator: re.Pattern[str]) -> Iterator[str]:
    """Split at every separator that stands outside braces."""
    depth, start = 0, 0
    for mark in separator.finditer(text):
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}":
            depth = max(0, depth - 1)
        elif not depth:
            yield text[start : mark.start()]
            start = mark.end()
    yield text[start:]
