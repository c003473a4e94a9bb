"""Find volume, issue, pages and the like in nested data, by what they are called.

What a journal, an issue or a part is said to have is the paper's too; what a reference has is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final

from rag.readers.imprints import kind_of, page_span
from rag.readers.named_values import READ_WHOLE, key_of, text_of

# Names without case and signs; the better ones stand first.
NAMES: Final[Mapping[str, Sequence[str]]] = {
    "volume": ("volume", "vol", "journalvolume", "volumeid"),
    "issue": ("issue", "issuenumber"),
    "pages": ("pages", "page", "medlinepgn", "pagerange", "pageinfo", "pagination"),
    "issn": ("issn", "issns", "eissn", "essn", "issnl", "issnprint", "printissn", "issnelectronic"),
    "isbn": ("isbn", "isbns", "eisbn"),
    "publisher": ("publisher", "publishername", "university", "school", "institution"),
}
FIRST: Final = ("firstpage", "startpage", "fpage", "pagestart", "pagefirst", "spage")
LAST: Final = ("lastpage", "endpage", "lpage", "pageend", "pagelast", "epage")
ARTICLE: Final = ("articlenumber", "articleid", "articleno", "elocationid", "eid")
NAMED: Final = ("publishername", "orgname")
NUMBER: Final = "number"  # of an issue, where a volume has it
KINDS: Final = (
    *("publicationtype", "publicationtypes", "pubtype", "publtype", "itemtype", "entrytype"),
    *("reftype", "genre", "articletype", "documenttype", "doctype", "resourcetypegeneral"),
    *("subtypedescription", "kind"),
)
MANY: Final = ("issn", "isbn")
# What MODS and TEI say of a part: `<detail type="volume">`, `<biblScope unit="pp">`.
DETAILS: Final = ("detail", "extent", "biblscope")
UNITS: Final = {
    **{"volume": "volume", "vol": "volume", "issue": "issue", "number": "issue"},
    **{"page": "pages", "pages": "pages", "pp": "pages"},
}
PARTS: Final = frozenset(chain(*NAMES.values(), FIRST, LAST, ARTICLE, KINDS, ("type",)))
MOST: Final = 12  # values of a name

Values = Mapping[str, Sequence[object]]


def tells_any(item: Mapping[str, object]) -> bool:
    """Return whether an item has a volume, pages or the like, or nests what may have them."""
    return any(
        (key := key_of(name)) in PARTS or (key not in READ_WHOLE and _nests(value))
        for name, value in item.items()
    )


def _nests(value: object) -> bool:
    inside = value[0] if isinstance(value, list) and value else value
    return isinstance(inside, Mapping) and bool(inside)


def named_imprint(whole: Values) -> dict[str, object]:
    """Return volume, issue, pages and the like as a record has them; of what is not there nothing.

    Args:
        whole: The values of an item by their names, as `key_of` gives them.
    """
    told = {name: _first(whole, names) for name, names in NAMES.items() if name not in MANY}
    for unit, text in _details(whole):
        told[unit] = told[unit] or text
    span = page_span(_first(whole, FIRST), _first(whole, LAST))
    return {
        **told,
        "publisher": told["publisher"] or _first(_inside(whole.get("publisher", ())), NAMED),
        "issue": told["issue"] or (_first(whole, (NUMBER,)) if told["volume"] else ""),
        "pages": told["pages"] or span or _first(whole, ARTICLE, is_plain=True),
        **{name: list(_texts(whole, NAMES[name])) for name in MANY},
    }


def named_kinds(whole: Values) -> list[str]:
    """Return what an item is called that is a kind of publication."""
    return [each for each in _texts(whole, KINDS) if kind_of(each)]


def _inside(values: Sequence[object]) -> Values:
    """Return what a name wraps, by the names inside it."""
    first = next((each for each in _flat(values) if isinstance(each, Mapping)), {})
    return {key_of(name): [value] for name, value in first.items()}


def _first(whole: Values, names: Sequence[str], *, is_plain: bool = False) -> str:
    """Return the first text; a plain one has nothing beside it, such as what kind of id it is."""
    values = (each for name in names for each in _flat(whole.get(name, ())))
    texts = (text_of(each) for each in values if not (is_plain and isinstance(each, Mapping)))
    return next((text for each in texts if (text := each.strip())), "")


def _texts(whole: Values, names: Sequence[str]) -> Iterator[str]:
    """Give texts, also what stands beside one: EndNote has a number and a name of each kind."""
    for value in islice((e for name in names for e in _flat(whole.get(name, ()))), MOST):
        for each in value.values() if isinstance(value, Mapping) else (value,):
            if isinstance(each, str) and each.strip():
                yield each


def _details(whole: Values) -> Iterator[tuple[str, str]]:
    for each in islice((e for name in DETAILS for e in _flat(whole.get(name, ()))), MOST):
        if isinstance(each, Mapping):
            unit = UNITS.get(str(each.get("type") or each.get("unit")))
            first, last = (
                next((text_of(each[name]) for name in names if name in each), "") for names in ENDS
            )
            if unit:
                yield unit, page_span(first, last) or text_of(each.get("number", each))


ENDS: Final = (("start", "from"), ("end", "to"))


def _flat(values: Sequence[object]) -> Iterator[object]:
    return chain.from_iterable(each if isinstance(each, list) else (each,) for each in values)
