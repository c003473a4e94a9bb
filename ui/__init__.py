"""The chat page: `serve` opens it; Gradio is named in this package alone."""

from __future__ import annotations

from ui.serve import serve

__all__ = ["serve"]
