"""Read files of papers as LlamaIndex's documents."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

from rag.faces.nodes import build_document
from rag.readers import read_sources, require_paper
from rag.types import Paper, Rejection

logger = logging.getLogger(__name__)


class PaperReader(BaseReader):
    """Read papers as documents, one a paper: the abstract as text, the rest as metadata.

    All formats that `Library.ingest` reads; the content tells which. It also reads for others:
    `SimpleDirectoryReader(folder, file_extractor={".bib": PaperReader()})`.
    """

    def lazy_load_data(
        self,
        file: str | Path | Sequence[str | Path],
        extra_info: Mapping[str, object] | None = None,
    ) -> Iterator[Document]:
        """Yield the papers one by one, as they are read. A record that is none is logged.

        Args:
            file: A file, an archive or a folder of them, or several.
            extra_info: More metadata for each document.

        Raises:
            SourceError: There is no paper in any of them.
        """
        for item in require_paper(read_sources([file] if isinstance(file, str | Path) else file)):
            if isinstance(item, Paper):
                document = build_document(item)
                document.metadata = {**(extra_info or {}), **document.metadata}
                yield document
            elif isinstance(item, Rejection):
                place = f"{item.source}, record {item.record}" if item.record else item.source
                logger.warning("%s was not read: %s", place, item.why)

    def load_data(
        self,
        file: str | Path | Sequence[str | Path],
        extra_info: Mapping[str, object] | None = None,
    ) -> list[Document]:
        """Return all papers as documents; takes and raises the same as `lazy_load_data`."""
        return list(self.lazy_load_data(file, extra_info))
