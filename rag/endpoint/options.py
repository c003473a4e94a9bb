"""What a caller may ask of one call of the model, beside its messages."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel

from rag.settings import Settings

if TYPE_CHECKING:
    from openai.types.shared_params import ResponseFormatJSONSchema


@dataclass(frozen=True, slots=True)
class Options:
    """What differs between the calls of one model.

    Attributes:
        max_tokens: The longest reply.
        seconds: The longest time for the call with all its tries.
        deadline: When that is over, an instant of `time.monotonic()`.
        form: The class that the reply is an object of, for endpoints that can be held to one.
    """

    max_tokens: int
    seconds: float
    deadline: float
    form: type[BaseModel] | None = None

    @property
    def response_format(self) -> ResponseFormatJSONSchema | None:
        """The form as the endpoint wants it."""
        if self.form is None:
            return None
        name, schema = self.form.__name__.strip("_"), self.form.model_json_schema()
        return {
            "type": "json_schema",
            "json_schema": {"name": name, "schema": schema, "strict": True},
        }


def read_options(given: Mapping[str, object], settings: Settings) -> Options:
    """Read the options among a call's keywords; the settings' limits for what is not given."""
    most, form, seconds = (given.get(name) for name in ("max_tokens", "form", "seconds"))
    longest = settings.deadline_s
    if isinstance(seconds, int | float):
        longest = max(min(seconds, longest), 0.0)
    return Options(
        most if isinstance(most, int) else settings.answer_tokens,
        longest,
        time.monotonic() + longest,
        form if isinstance(form, type) and issubclass(form, BaseModel) else None,
    )
