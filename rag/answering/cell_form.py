"""Ask a model for the cells of one paper of a table, all columns at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from llama_index.core.base.llms.types import ChatMessage
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from prompts import render_prompt
from rag.answering.columns import COLUMNS
from rag.llm.fencing import unfenced
from rag.research.planning import Lenient
from rag.tokens import cut_tokens
from rag.types import Paper

CELL_TOKENS: Final = 70  # of the longest sentence, with what stands around it
FRAME_TOKENS: Final = 40
TITLE_TOKENS: Final = 80
NUMBER: Final = re.compile(r"\d{1,2}")


class SaidCell(BaseModel):
    """What a model says for a column, by the column's number from 1."""

    model_config = ConfigDict(extra="forbid")

    column: int
    sentence: str


def _as_cells(value: object) -> object:
    """Read what small models write: objects, a list of sentences in order, sentences by number."""
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [_pair(place, each) for place, each in enumerate(value, start=1)]
    else:
        pairs = []
    return [
        {"column": int(number[0]), "sentence": said}
        for column, said in pairs
        if (number := NUMBER.search(str(column))) and isinstance(said, str) and said.strip()
    ]


def _pair(place: int, each: object) -> tuple[object, object]:
    if isinstance(each, Mapping):
        return each.get("column", place), each.get("sentence")
    return place, each


class SaidCells(Lenient):
    """What a model says of one paper."""

    cells: Annotated[list[SaidCell], BeforeValidator(_as_cells)] = Field(default_factory=list)

    def by_column(self, headings: Sequence[str]) -> dict[str, str]:
        """Return the first sentence for each of the columns that has one."""
        said: dict[str, str] = {}
        for each in self.cells:
            if 0 < each.column <= len(headings):
                said.setdefault(headings[each.column - 1], each.sentence)
        return said


def reply_tokens(headings: Sequence[str]) -> int:
    """Return the longest reply, tokens."""
    return FRAME_TOKENS + CELL_TOKENS * len(headings)


def cell_messages(paper: Paper, headings: Sequence[str], most_tokens: int) -> list[ChatMessage]:
    """Return what is said to the model.

    Args:
        paper: The row.
        headings: Names of `COLUMNS`, or questions.
        most_tokens: How much of the abstract it is shown.
    """
    columns = "\n".join(
        f"{number}. {f'{name}: {COLUMNS[name]}' if name in COLUMNS else name}"
        for number, name in enumerate(headings, start=1)
    )
    user = render_prompt(
        "table_user",
        title=unfenced(cut_tokens(paper.title, TITLE_TOKENS)),
        abstract=unfenced(cut_tokens(paper.abstract, most_tokens)),
        columns=unfenced(columns),
    )
    return [
        ChatMessage(role="system", content=render_prompt("table_system")),
        ChatMessage(role="user", content=user),
    ]
