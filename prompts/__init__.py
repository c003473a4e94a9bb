"""Every word that is said to a model, and those the assistant says of itself, as templates."""

from __future__ import annotations

from importlib import resources
from string import Template


def load_prompt(name: str) -> Template:
    """The template `prompts/<name>.md`; raises `FileNotFoundError` when there is none."""
    text = resources.files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    return Template(text.strip())


def render_prompt(name: str, **values: str) -> str:
    """The prompt with its places filled; values are not expanded again.

    Raises:
        ValueError: A place is not filled, or a value has no place.
    """
    template = load_prompt(name)
    places = set(template.get_identifiers())
    if places != set(values):
        raise ValueError(
            f"The prompt {name!r} has the places {sorted(places)}; given were {sorted(values)}."
        )
    return template.substitute(values)
