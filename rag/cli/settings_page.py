"""Write the page of all settings, as Markdown, from the class that reads them.

python -m rag.cli.settings_page > .github/SETTINGS.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from pydantic.fields import FieldInfo

from rag.settings import Settings, variable_of

HEAD: Final = (
    "# Settings\n\n"
    "Each setting is a variable of the environment, or a line of a file `.env` in the folder that "
    "paperchat is started in; the environment goes first. `.env.example` holds them all as such "
    "lines. A value that cannot be is refused by the name of its variable. What is marked as a "
    "secret stands in no log, receipt or report. `python -m rag.cli.settings_page` writes this "
    "page from the class that reads the settings.\n\n"
    "| variable | default | what it says |\n"
    "| --- | --- | --- |\n"
)
# As pydantic calls the limits of a field.
BOUNDS: Final = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def render_settings() -> str:
    """Return the page."""
    return HEAD + "".join(f"{row}\n" for row in _rows())


def _rows() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        cells = (f"`{variable_of(name)}`", _default(field), _told(field))
        yield f"| {' | '.join(cells)} |"


def _default(field: FieldInfo) -> str:
    value = None if field.default_factory else field.default
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _told(field: FieldInfo) -> str:
    is_secret = "SecretStr" in str(field.annotation)
    parts = (field.description or "", _bounds(field), "Secret." if is_secret else "")
    return " ".join(filter(None, parts)).replace("|", "\\|")


def _bounds(field: FieldInfo) -> str:
    text = ", ".join(
        f"{words} {getattr(each, bound)}"
        for each in field.metadata
        for bound, words in BOUNDS.items()
        if hasattr(each, bound)
    )
    return f"{text[:1].upper()}{text[1:]}." if text else ""


if __name__ == "__main__":
    sys.stdout.write(render_settings())
