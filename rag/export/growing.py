"""Say how an answer grows where only more can be added to what was said."""

from __future__ import annotations

from typing import Final

from rag.types import Answer

# Between what was said and the whole answer, where that begins otherwise.
CORRECTED: Final = "\n\n*Checked against the papers, the answer is:*\n\n"


def checked_part(draft: Answer) -> str:
    """Return the text of a draft up to its last sentence that was checked."""
    return draft.text[: draft.sentences[-1].end] if draft.sentences else ""
