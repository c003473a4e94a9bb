"""Fill the page's templates, which lie in `html`; all text that is put into them is escaped.

A template holds macros, and a part of the page is one macro with its values. Its lines are joined:
a break between tags is none on the page, any other one is a space.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

from ui.templates.icons import icon
from ui.templates.markdown import plain_html
from ui.templates.sentences import counted

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.environment import TemplateModule

FOLDER: Final = Path(__file__).parent / "html"
BETWEEN_TAGS: Final = re.compile(r"(?<=[>}])\s*\n\s*(?=[<{])")
BREAK: Final = re.compile(r"\s*\n\s*")
NOTHING: Final = Markup()


class Template:
    """The parts of the page in one file.

    Args:
        name: The file's, without its ending.
        known: What its macros use besides their values.
    """

    def __init__(self, name: str, **known: object) -> None:
        self._name = name
        self._known = known

    @cached_property
    def _parts(self) -> TemplateModule:
        return _environment().get_template(f"{self._name}.html", globals=self._known).module

    def draw(self, part: str, *values: object, **named: object) -> Markup:
        """Return a part of the page with its values; only `Markup` among them is not escaped."""
        drawn: Markup = getattr(self._parts, part)(*values, **named)
        return drawn


def plain(text: str) -> Markup:
    """Return text as it is, with formulas."""
    return Markup(plain_html(text))


def lines(text: str) -> Markup:
    """Return text with its line breaks."""
    return Markup("<br>".join(map(plain_html, text.splitlines())))


def data(values: Mapping[str, object]) -> Markup:
    """Return values as the data of an element, each after a space."""
    return Markup("".join(f' data-{name}="{escape(value)}"' for name, value in values.items()))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_joined), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {"plain": plain, "lines": lines, "data": data}
    environment.globals |= {"icon": cache(lambda name: Markup(icon(name))), "counted": counted}
    return environment


def _joined(name: str) -> str:
    """Return a template with its lines joined."""
    source = (FOLDER / name).read_text(encoding="utf-8")
    return BREAK.sub(" ", BETWEEN_TAGS.sub("", source.strip()))
