"""Answer the requests that programs send to OpenAI's API, from the papers of the library."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "/v1"
ROUTES: Final = r"/v1/(?:models(?:/[^/]+)?|chat/completions|responses|embeddings|openapi\.json)"
