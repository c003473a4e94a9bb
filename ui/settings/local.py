"""Models that are served on this machine, as the settings tab offers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rag.endpoint.local import LocalServer
from rag.settings import Settings
from ui.server.loading import Loading

BETWEEN: Final = "\n"  # an address and a model's name, which has no line break


def offers_local(loading: Loading, operator: Settings) -> bool:
    """Whether this page may look: no endpoint is set, and its visitors may choose one."""
    return operator.find_local and not operator.has_endpoint and loading.access.allows_endpoints


def local_offers(servers: Sequence[LocalServer]) -> list[tuple[str, str]]:
    """What is shown of each model that was found, and what stands for it when it is chosen."""
    return [
        (f"{model} · {server.name}", f"{server.base_url}{BETWEEN}{model}")
        for server in servers
        for model in server.models
    ]


def read_offer(chosen: str) -> tuple[str, str]:
    """The address and the model that were chosen."""
    address, _, model = chosen.partition(BETWEEN)
    return address, model
