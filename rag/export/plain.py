"""Turn values into what JSON can hold: for `--json`, the page's endpoints and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Final

from rag.passages import passage_text
from rag.settings import APPLICATION
from rag.types import WRITTEN_BY, Hit, Paper, Passage

# Passages are told with their texts; what an answer was made with is told by its receipt.
APART: Final = frozenset({"passages", "made_with"})


def to_plain(value: object) -> object:
    """Give a value as JSON holds it: dataclasses by field, papers by `paper_id`, `title`, `url`."""
    if isinstance(value, Paper):
        return {"paper_id": value.paper_id, "title": value.title, "url": value.link}
    if isinstance(value, Hit):
        passages = [_passage(value.paper, each) for each in value.passages]
        return {**_fields(value), "passages": to_plain(passages)}
    if is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return value


def _passage(paper: Paper, passage: Passage) -> dict[str, object]:
    place = {"start": passage.start, "end": passage.end}
    known = {"paper_id": paper.paper_id, "title": paper.title}
    return {"text": passage_text(paper, passage), **known, **place}


def _fields(value: object) -> dict[str, object]:
    names = [f.name for f in fields(value) if f.name not in APART]  # type: ignore[arg-type]
    return {name: to_plain(getattr(value, name)) for name in names}


def exported_record(paper: Paper) -> dict[str, object]:
    """Give a paper with all that is known, marked as ours so that `ingest` takes it as it is."""
    return {**paper_record(paper), WRITTEN_BY: APPLICATION}


def paper_record(paper: Paper) -> dict[str, object]:
    """Give a paper with all that is known, as a record of its fields."""
    known = {field.name: getattr(paper, field.name) for field in fields(paper)}
    known |= asdict(known.pop("imprint"))
    return {name: value for name, value in known.items() if value not in (None, ())}
