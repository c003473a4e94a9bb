"""Follow a running Zotero: what is there, then what is new, for as long as someone listens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

from rag.errors import ConfigurationError, SourceUnavailableError
from rag.lookup import EVERY_S
from rag.lookup.asked import find_asked
from rag.lookup.services import Services
from rag.lookup.zotero import NAME, NOTHING_SEEN, told
from rag.readers.sources import Opened

logger = logging.getLogger(__name__)


def watch_zotero(
    source: str,
    services: Services,
    every_s: float = EVERY_S,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Opened]:
    """Read all papers of `zotero:` or `zotero:COLLECTION`, then what is new or changed, forever.

    Once it was read, Zotero may be closed and started again.

    Raises:
        ConfigurationError: The source is none of Zotero's.
        SourceUnavailableError: Zotero does not run at the beginning.
        SourceError: It has nothing that is called so.
    """
    asked = find_asked(source)
    if asked is None or asked.where != "zotero":
        raise ConfigurationError(
            f"Only Zotero can be watched: `zotero:` or `zotero:COLLECTION`, not {source!r}."
        )
    changes = services.read_zotero(asked.name)
    yield Opened(source, told(changes))
    seen, there = changes.seen, changes.inventory
    while True:
        sleep(every_s)
        try:
            changes = services.read_zotero(asked.name, seen)
        except SourceUnavailableError as exc:
            logger.warning("%s is waited for: %s", NAME, exc)
            continue
        seen = changes.seen if changes.seen != NOTHING_SEEN else seen
        is_less = bool(changes.inventory and there and there.values - changes.inventory.values)
        there = changes.inventory or there
        if changes.records or is_less:
            yield Opened(source, told(changes))
