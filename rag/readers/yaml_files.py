"""Read CSL as YAML, as pandoc, Better BibTeX and Quarto have it, and Hayagriva, as Typst has it.

Every value is read as text, so that a date stays what was written. Aliases, with which a small file
can stand for an endless one, are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from rag.readers.json_items import records_of
from rag.readers.records import Record, RecordError, UnreadableError, read_whole
from rag.readers.text_files import Text

MOST_CHARACTERS: Final = 20_000_000
# A list of references at the top, or items of one by themselves.
LIST: Final = re.compile(
    r"^references:[ \t]*\n(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*-\s+(?:&\w+\s+)?[\w-]+:", re.MULTILINE
)
ITEMS: Final = re.compile(
    r"\A(?:---[^\n]*\n)?- (?:id|title|type|author|abstract|issued|DOI|container-title):"
)
# Of Typst: keys of papers, below each what is known of it.
KEYED: Final = re.compile(
    r"\A(?:---[^\n]*\n|#[^\n]*\n|[ \t]*\n)*[\w:./+-]+:[ \t]*\n"
    r"(?:[ \t]+[^\n]*\n){0,30}?[ \t]+type:"
)
ABSTRACT: Final = re.compile(r"^[ \t-]*abstract:", re.MULTILINE)
TITLE: Final = re.compile(r"^[ \t-]*title:", re.MULTILINE)


def looks_like_yaml(text: str) -> bool:
    """Return whether the text lists references with titles and abstracts as YAML does."""
    is_list = LIST.search(text) or ITEMS.match(text) or KEYED.match(text)
    return bool(is_list and TITLE.search(text) and ABSTRACT.search(text))


def read_yaml(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every reference, in order.

    Raises:
        UnreadableError: It is no YAML, or has aliases.
    """
    import yaml

    text = read_whole(file, MOST_CHARACTERS, "YAML file")
    try:
        _require_no_alias(text)
        values = list(yaml.load_all(text, Loader=yaml.CBaseLoader))
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise UnreadableError(f"broken YAML in line {line}: {exc.problem}") from exc
    except (yaml.YAMLError, RecursionError) as exc:
        raise UnreadableError("it is YAML that cannot be read") from exc
    for value in values:
        listed = value.get("references") if isinstance(value, dict) else value
        for each in listed if isinstance(listed, list) else ():
            yield from records_of(each)
        if isinstance(value, dict) and "references" not in value:
            named = ((key, each) for key, each in value.items() if isinstance(each, dict))
            yield from (_of_typst(str(key), each) for key, each in named if "type" in each)


def _of_typst(key: str, entry: Mapping[str, object]) -> Record:
    """Make a record of an entry of Hayagriva."""
    parents = entry.get("parent")
    parent = next(iter(parents), None) if isinstance(parents, list) else parents
    host = parent if isinstance(parent, Mapping) else {}
    numbers = entry.get("serial-number")
    known = numbers if isinstance(numbers, Mapping) else {"doi": numbers}
    return {
        "title": _value(entry.get("title")),
        "abstract": _value(entry.get("abstract")),
        "authors": entry.get("author"),
        "published": entry.get("date"),
        "doi": known.get("doi"),
        "arxiv_id": known.get("arxiv"),
        "pmid": known.get("pmid"),
        "citekey": key,
        "url": _value(entry.get("url")),
        "venue": _value(host.get("title")),
        "kind": entry.get("type"),
        "volume": entry.get("volume") or host.get("volume"),
        "issue": entry.get("issue") or host.get("issue"),
        "pages": entry.get("page-range"),
        "publisher": _value(entry.get("publisher") or host.get("publisher")),
        "issn": known.get("issn") or host.get("issn"),
        "isbn": known.get("isbn") or host.get("isbn"),
    }


def _value(value: object) -> object:
    """Return a text, also where it is one among other values."""
    return value.get("value") if isinstance(value, Mapping) else value


def _require_no_alias(text: str) -> None:
    import yaml

    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableError("it is YAML with aliases, which are not read")
