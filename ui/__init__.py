"""The chat page: `serve` opens it; Gradio is named in this package alone."""

from __future__ import annotations

from ui.serve import serve
from ui.server.access import build_access_policy
from ui.server.accounts import Accounts, find_accounts, printed_user, put_user

__all__ = [
    "Accounts",
    "build_access_policy",
    "find_accounts",
    "printed_user",
    "put_user",
    "serve",
]
