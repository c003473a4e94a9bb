"""Embed by workers of a Ray cluster, on this machine and others, what would take one too long.

A worker embeds whole batches, as this process would, so that the vectors are the same. Papers go
into the library in order and from here alone; what is broken off goes on where it stopped. Not
covered: reading files and searching, which one process does fast enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from rag.errors import ConfigurationError, EmbedderUnavailableError
from rag.text import one_line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.settings import Settings

MISSING: Final = "--ray needs one more package: pip install 'paperchat[ray]', on all machines."
# Batches for each worker that are begun and not written: one is embedded, the next lies ready.
BATCHES_OF_A_WORKER: Final = 2
TRIES: Final = 3  # of a batch, or a worker, whose machine goes away
# What tells how texts are embedded; where files lie each machine knows itself.
OF_EMBEDDER: Final = (
    "embedder",
    "query_prefix",
    "passage_prefix",
    "openai_api_key",
    "openai_base_url",
    "timeout_s",
    "retries",
)


class Workers(Protocol):
    """Embed batches of texts at the same time."""

    @property
    def most(self) -> int:
        """How many batches should be begun before the first is waited for."""

    def begin(self, texts: Sequence[str]) -> Callable[[], NDArray[np.float32]]:
        """Begin to embed texts; what is returned waits for their vectors, of unit norm.

        Raises (what is returned):
            EmbedderUnavailableError: No worker can.
        """


class _Embedding:
    """What runs in a process of a worker."""

    def __init__(self, chosen: dict[str, Any]) -> None:
        from rag.embedding import build_embedder
        from rag.settings import Settings

        embedder = build_embedder(Settings().model_copy(update=chosen))
        assert embedder is not None
        embedder.prepare()
        self._embedder = embedder

    def embed(self, texts: list[str]) -> NDArray[np.float32]:
        """Return vectors of texts."""
        return self._embedder.embed_texts(texts)


class RayWorkers:
    """Workers of a cluster, one for each of its processors.

    Args:
        ray: The package.
        settings: Tell the embedder.
    """

    def __init__(self, ray: Any, settings: Settings) -> None:  # noqa: ANN401  an optional package
        self._ray = ray
        chosen = {name: getattr(settings, name) for name in OF_EMBEDDER}
        made = ray.remote(num_cpus=1, max_restarts=TRIES, max_task_retries=TRIES)(_Embedding)
        self._workers = [made.remote(chosen) for _ in range(_processors(ray))]
        self._turns = itertools.cycle(self._workers)

    @property
    def most(self) -> int:
        """How many batches should be begun before the first is waited for."""
        return BATCHES_OF_A_WORKER * len(self._workers)

    def begin(self, texts: Sequence[str]) -> Callable[[], NDArray[np.float32]]:
        """Begin to embed texts at the worker whose turn it is."""
        begun = next(self._turns).embed.remote(list(texts))

        def wait() -> NDArray[np.float32]:
            try:
                vectors: NDArray[np.float32] = self._ray.get(begun)
            except self._ray.exceptions.RayError as exc:
                raise EmbedderUnavailableError(
                    f"A worker of the Ray cluster failed: {_reason(exc)}. What was embedded is "
                    "kept; run the same again to go on."
                ) from exc
            return vectors

        return wait


def _processors(ray: Any) -> int:  # noqa: ANN401  as above
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _reason(exc: Exception) -> str:
    """Return the last line of what a worker raised, without the traceback before it."""
    lines = [line for line in str(exc).splitlines() if line.strip()]
    return one_line(lines[-1]).rstrip(" .") if lines else type(exc).__name__


@contextmanager
def ray_workers(address: str, settings: Settings) -> Iterator[RayWorkers]:
    """Use the workers of a cluster, and let go of it at the end.

    Args:
        address: As Ray has it: HOST:PORT, ray://HOST:PORT, auto, or local for one of this machine's
            processors that lasts as long as this.
        settings: Tell the embedder.

    Raises:
        ConfigurationError: The package is not installed, or there is no cluster at the address.
    """
    try:
        import ray
    except ModuleNotFoundError as exc:
        raise ConfigurationError(MISSING) from exc
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError, OSError) as exc:
        raise ConfigurationError(
            f"There is no Ray cluster at {address!r}: {_reason(exc)}. `ray start --head` begins "
            "one; --ray local uses this machine's processors."
        ) from exc
    try:
        yield RayWorkers(ray, settings)
    finally:
        ray.shutdown()
