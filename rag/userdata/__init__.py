"""What users leave in a library: conversations and feedback, in one file beside the index."""

from __future__ import annotations

from typing import Final

FILE: Final = "paperchat.sqlite"
