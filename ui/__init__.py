"""The chat page: `serve` opens it; Gradio is named in this package alone."""

from __future__ import annotations

from ui.server.access import build_access_policy
from ui.server.passwords import write_user
from ui.server.serve import serve

__all__ = ["build_access_policy", "serve", "write_user"]
