"""Gives cited papers their numbers: by first use, and the same through a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Message, Paper


class Numbering:
    """Numbers of papers; a paper that the conversation has cited before keeps its own.

    Args:
        history: The conversation, whose messages may carry their citations.
    """

    def __init__(self, history: Sequence[Message] = ()) -> None:
        self._numbers: dict[str, int] = {}
        for message in history:
            for citation in message.citations:
                self._numbers.setdefault(citation.paper.paper_id, citation.marker)

    def number(self, paper: Paper) -> int:
        """The paper's number; the next free one when it has none yet."""
        taken = max(self._numbers.values(), default=0)
        return self._numbers.setdefault(paper.paper_id, taken + 1)
