"""Define what programs send: the parts of OpenAI's requests that mean something here.

What only tells a model how to write (`temperature`, `tools`, instructions of the system) is read
and has no effect, as sentences that are checked against papers take no orders. What would change
the form of the answer, and cannot be given, is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from rag.serve.openai_api.linking import unlinked
from rag.types import Depth, Message

MOST_MESSAGES = 500
MOST_CHARACTERS = 200_000  # of a message
MOST_TEXTS = 2048  # embedded at once, as at OpenAI
USER, ASSISTANT = "user", "assistant"
NO_QUESTION = "The last message is the user's, and holds the question."


class InvalidError(ValueError):
    """A request that is understood and cannot be answered.

    Attributes:
        param: The name of the field.
    """

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


class TextPart(BaseModel):
    """A part of a message that is text."""

    type: Literal["text", "input_text", "output_text"]
    text: Annotated[str, Field(max_length=MOST_CHARACTERS)]


Text = Annotated[str, Field(max_length=MOST_CHARACTERS)]
Content = Text | list[TextPart]


class ChatMessage(BaseModel):
    """A message of a conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Content | None = None

    @property
    def text(self) -> str:
        """All of its text."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "".join(part.text for part in self.content)


class TextFormat(BaseModel):
    """The form of an answer: text alone."""

    type: Literal["text"]


class TextOptions(BaseModel):
    """How a text is formed."""

    format: TextFormat | None = None


class StreamOptions(BaseModel):
    """What a stream tells beside the text."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """What is sent to `/v1/chat/completions`."""

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MOST_MESSAGES)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    depth: Depth | None = None  # ours: `thorough` searches in several ways
    response_format: TextFormat | None = None


class ResponsesRequest(BaseModel):
    """What is sent to `/v1/responses`."""

    model: str
    input: Text | Annotated[list[ChatMessage], Field(min_length=1, max_length=MOST_MESSAGES)]
    stream: bool = False
    instructions: str | None = None
    previous_response_id: None = None
    depth: Depth | None = None  # ours, as for a chat
    text: TextOptions | None = None

    @property
    def messages(self) -> list[ChatMessage]:
        """The input as messages."""
        if isinstance(self.input, str):
            return [ChatMessage(role="user", content=self.input)]
        return self.input


class EmbeddingsRequest(BaseModel):
    """What is sent to `/v1/embeddings`."""

    model: str
    input: (
        Annotated[Text, Field(min_length=1)]
        | Annotated[
            list[Annotated[Text, Field(min_length=1)]],
            Field(min_length=1, max_length=MOST_TEXTS),
        ]
    )
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None

    @property
    def texts(self) -> list[str]:
        """The texts to embed."""
        return [self.input] if isinstance(self.input, str) else self.input


def conversation_of(messages: list[ChatMessage], param: str) -> tuple[str, list[Message]]:
    """Return the question and the messages before it; those of the system are left out.

    Args:
        messages: Those of a request, oldest first.
        param: The field that holds them.

    Raises:
        InvalidError: The last is no question.
    """
    said = [each for each in messages if each.role in (USER, ASSISTANT)]
    if not said or said[-1].role != USER or not said[-1].text.strip():
        raise InvalidError(NO_QUESTION, param)
    *before, last = said
    history = [
        Message("user", each.text)
        if each.role == USER
        else Message("assistant", unlinked(each.text))
        for each in before
    ]
    return last.text, history
