"""The chat page: `serve` opens it; Gradio is named in this package alone."""

from __future__ import annotations

from ui.serve import serve
from ui.server.access import build_access_policy
from ui.server.passwords import write_user

__all__ = ["build_access_policy", "serve", "write_user"]
