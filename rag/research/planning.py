"""Plan the searches of a question: its parts, other wordings, keywords, a likely sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from prompts import render_prompt
from rag.llm.fencing import unfenced
from rag.query.questions import content_words
from rag.types import Search, SearchKind

PLAN_TOKENS: Final = 220  # of the longest reply
MOST_SEARCHES: Final = 5  # beside that of the question itself
MOST_QUESTIONS: Final = 3
MOST_GAPS: Final = 2
LONGEST_SEARCH: Final = 400  # characters


def _as_text(value: object) -> object:
    """Join a list of words, which small models write in the place of a text."""
    return " ".join(map(str, value)) if isinstance(value, list) else value or ""


def _as_list(value: object) -> object:
    """Take a single text for a list of one."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


Texts = Annotated[list[str], BeforeValidator(_as_list)]
Text = Annotated[str, BeforeValidator(_as_text)]


def _as_strict(schema: JsonDict) -> None:
    """Have an endpoint that is held to a schema fill in every field."""
    properties = schema.get("properties")
    schema["required"] = list(properties) if isinstance(properties, dict) else []
    schema["additionalProperties"] = False


class Lenient(BaseModel):
    """What a model says as an object; fields that it leaves out are empty, but never all."""

    model_config = ConfigDict(json_schema_extra=_as_strict)

    @model_validator(mode="before")
    @classmethod
    def _has_a_field(cls, given: object) -> object:
        if not (isinstance(given, dict) and given.keys() & cls.model_fields.keys()):
            raise ValueError("none of the fields is given")
        return given


class Plan(Lenient):
    """What a model plans to search for."""

    questions: Texts = Field(default_factory=list)
    keywords: Text = ""
    sentence: Text = ""


def plan_prompt(question: str) -> tuple[str, str]:
    """Return what the system and the user say to a model that is to plan."""
    return render_prompt("plan_system"), render_prompt("plan_user", question=unfenced(question))


def planned_searches(plan: Plan, question: str) -> list[Search]:
    """Return the searches of a plan, without repetitions of the question or of each other."""
    wanted: list[tuple[SearchKind, str]] = [
        *(("rewording", each) for each in plan.questions[:MOST_QUESTIONS]),
        ("keywords", plan.keywords),
        ("sentence", plan.sentence),
    ]
    return distinct(wanted, [question])[:MOST_SEARCHES]


def gap_searches(missing: Iterable[str], done: Iterable[str]) -> list[Search]:
    """Return the searches for what was found missing, without those that were made."""
    return distinct((("gap", each) for each in missing), done)[:MOST_GAPS]


def distinct(wanted: Iterable[tuple[SearchKind, str]], done: Iterable[str]) -> list[Search]:
    """Return searches whose words differ from each other and from those that were made."""

    def new() -> Iterator[Search]:
        seen = {_key(text) for text in done}
        for kind, text in wanted:
            text = " ".join(text.split())[:LONGEST_SEARCH]
            if text and (key := _key(text)) not in seen:
                seen.add(key)
                yield Search(text, kind)

    return list(new())


def _key(text: str) -> frozenset[str]:
    return frozenset(content_words(text))
