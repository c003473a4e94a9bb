"""Offer the models that are served on this machine in the settings tab."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rag.endpoint.local import LocalServer
from rag.settings import Settings
from ui.server.loading import Loading

BETWEEN: Final = "\n"  # an address and a model's name, which have no line break


def offers_local(loading: Loading, operator: Settings) -> bool:
    """Return whether to look for models: no endpoint is set, and visitors may choose one."""
    return operator.find_local and not operator.has_endpoint and loading.access.allows_endpoints


def local_offers(servers: Sequence[LocalServer]) -> list[tuple[str, str]]:
    """Return the label and the value of each model that was found."""
    return [
        (f"{model} · {server.name}", f"{server.base_url}{BETWEEN}{model}")
        for server in servers
        for model in server.models
    ]


def read_offer(chosen: str) -> tuple[str, str]:
    """Return address and model of a chosen value."""
    address, _, model = chosen.partition(BETWEEN)
    return address, model
