"""Ask public catalogues one after the other, and one that does not answer never again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from rag.errors import SourceUnavailableError
from rag.lookup.services import Services
from rag.lookup.web import Service

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Catalogues:
    """The services of public catalogues, and which of them answer.

    Args:
        services: Where they are, and how they are asked.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self._silent: dict[str, SourceUnavailableError] = {}
        self._told: set[str] = set()
        self._has_answers = False

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for each service that did not answer."""
        return tuple(map(str, self._silent.values()))

    def ask(self, service: Service, find: Callable[[], T]) -> T | None:
        """Return what a service finds; None where it does not answer now, or did not before."""
        if service.name in self._silent:
            return None
        try:
            found = find()
        except SourceUnavailableError as exc:
            self._silent[service.name] = exc
            return None
        self._has_answers = True
        return found

    def require_answers(self) -> None:
        """Tell which services are left out; where none answers, raise what went wrong first."""
        if self._silent and not self._has_answers:
            raise next(iter(self._silent.values()))
        for name, why in self._silent.items():
            if name not in self._told:
                logger.warning("%s", why)
                self._told.add(name)
