"""Gather what a report of a fault needs, and nothing private: `paperchat doctor --bundle`."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from rag.cli.checkup import PACKAGES, SERVERS, Finding
from rag.provenance import prompt_hashes, public_settings, versions
from rag.settings import Settings

KIND: Final = "paperchat report"
NAMED: Final = re.compile(r"\([^()]*\)")  # papers, in what is said of the library
ADDRESS: Final = re.compile(r"https?://[^\s'\",)]+")
QUOTED: Final = re.compile(r'"[^"]*"')
PLACE: Final = re.compile(r"PostgreSQL at [^\s,]+")
LEAST: Final = 3  # characters of a value that is looked for


def make_bundle(settings: Settings, findings: Sequence[Finding]) -> dict[str, object]:
    """Return versions, settings, findings; no key, address, folder, person or paper is in it."""
    private = private_values(settings)
    told = [asdict(each) | {"told": _public(each.told, private, each.subject)} for each in findings]
    return {
        "kind": KIND,
        "platform": {"system": platform.system(), "machine": platform.machine()},
        "versions": versions() | {name: metadata.version(name) for name in PACKAGES},
        "settings": {
            name: _scrubbed(value, private) for name, value in public_settings(settings).items()
        },
        "has_endpoint": settings.has_endpoint,
        "prompts": prompt_hashes(),
        "findings": told,
    }


def private_values(settings: Settings) -> dict[str, str]:
    """Return what must not be shown, with what stands in its place."""
    values = {str(Path.home()): "~"}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            values |= dict.fromkeys([value.get_secret_value()], "(secret)")
            values |= dict.fromkeys(value.get_secret_value().split(","), "(secret)")
        elif isinstance(value, Path):
            values |= dict.fromkeys([str(value), str(value.expanduser())], f"({name})")
    if settings.contact:
        values[settings.contact] = "(contact)"
    return {value: shown for value, shown in values.items() if len(value) >= LEAST}


def _public(told: str, private: Mapping[str, str], subject: str) -> str:
    named = told
    if subject in ("library", SERVERS):  # papers; users, hosts and databases of servers
        named = PLACE.sub("PostgreSQL", QUOTED.sub('"…"', NAMED.sub("(…)", told)))
    return _scrubbed(named, private)


def _scrubbed(text: str, private: Mapping[str, str]) -> str:
    for value in sorted(private, key=len, reverse=True):
        text = text.replace(value, private[value])
    return ADDRESS.sub("(address)", text)
