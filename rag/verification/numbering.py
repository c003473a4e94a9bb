"""Number cited papers by first use, each the same through a whole conversation."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Message, Paper


class Numbering:
    """The numbers of cited papers; one that the conversation cited before keeps its number.

    Args:
        history: The conversation so far, with its citations.
    """

    def __init__(self, history: Sequence[Message] = ()) -> None:
        self._numbers: dict[str, int] = {}
        for message in history:
            for citation in message.citations:
                self._numbers.setdefault(citation.paper.paper_id, citation.marker)

    def number(self, paper: Paper) -> int:
        """Return the number of a paper; the next free one at its first use."""
        taken = max(self._numbers.values(), default=0)
        return self._numbers.setdefault(paper.paper_id, taken + 1)
