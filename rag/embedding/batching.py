"""Group texts of similar length, so that little is padded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def group_by_length(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Yield the places of texts in groups of similar length: shortest first.

    Args:
        lengths: Of the texts, tokens.
        most: Tokens of a group together, padding included; a longer text is alone.
    """
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[place] * (len(batch) + 1) > most:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
