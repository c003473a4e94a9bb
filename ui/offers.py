"""What the page offers of a library before anything is asked: examples and filters to choose."""

from __future__ import annotations

from rag.library import Library
from ui.bars import Choices

AUTHORS_OFFERED = 200


def examples(library: Library, count: int) -> list[str]:
    """Questions that the library answers."""
    return (
        library.examples(count)
        if hasattr(library, "examples")
        else ["What is a modern Hopfield network?"]
    )


def choices(library: Library) -> Choices:
    """What the papers can be limited by."""
    if not hasattr(library, "facets"):
        return Choices()
    facets = library.facets()
    return Choices(
        tuple(sorted(facets.years)), tuple(facets.authors)[:AUTHORS_OFFERED], tuple(facets.sources)
    )
