"""Read and write the data files of trained weights; a file must have the hash that is on record."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rag.errors import ConfigurationError


def parse_arrays(
    name: str, content: bytes, sha256: str, setting: str
) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a data file's content, by name.

    Args:
        name: Of the file.
        content: The whole of it.
        sha256: Its hash on record.
        setting: The setting that does without it.

    Raises:
        ConfigurationError: The content has another hash.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ConfigurationError(
            f"The file {name} of this installation is damaged. Install paperchat anew, or set "
            f"{setting}=false to do without it."
        )
    with np.load(io.BytesIO(content)) as stored:
        return {key: stored[key] for key in stored.files}


def render_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Return the content of a data file of arrays."""
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()
