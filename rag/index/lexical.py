"""BM25 over titles and abstracts in tantivy: derived from the collection, incremental, on disk."""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import tantivy

from rag.types import Paper

logger = logging.getLogger(__name__)

# How far a word that the query repeats counts more, the k3 of BM25 (Robertson et al. 1994):
# without a limit repetition costs 0.002 of nDCG@10 on SciFact's training queries, with this one
# 0.001; CACM's long queries, which repeat what matters, gain 0.01.
QUERY_SATURATION: Final = 2.0
HEAP_BYTES: Final = 128_000_000
ANALYZER: Final = "folded_english"
MOST_QUERY_TERMS: Final = 256
REVISION_FILE: Final = "revision"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("paper_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name=ANALYZER, index_option="freq")
    return builder.build()


@cache
def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("English"))
        .build()
    )


def analyze(text: str) -> list[str]:
    """The stems of the words of a text, in order, as the index sees them."""
    return list(_analyzer().analyze(text))


def _text(paper: Paper) -> str:
    """Title and abstract in one field, each word once where the abstract only repeats the title.

    Two fields with a boost rank worse (nDCG@10 on SciFact's training queries 0.624 against 0.703),
    and a title that counts twice gains with words alone (0.706), but nothing in the hybrid.
    """
    return paper.title if paper.abstract == paper.title else f"{paper.title}. {paper.abstract}"


def term_boost(occurrences: int) -> float:
    """How much a query term weighs that occurs so often, against one that occurs once."""
    return occurrences * (QUERY_SATURATION + 1) / (occurrences + QUERY_SATURATION)


class LexicalChange:
    """Papers on their way into and out of an index; nothing counts before it is committed."""

    def __init__(self, writer: tantivy.IndexWriter) -> None:
        self._writer = writer

    def clear(self) -> None:
        """Take everything out."""
        self._writer.delete_all_documents()

    def remove(self, paper_id: str) -> None:
        """Take a paper out; nothing happens when it is not in."""
        self._writer.delete_documents_by_term("paper_id", paper_id)

    def put(self, paper: Paper) -> None:
        """Write a paper in place of an earlier version of it."""
        self.remove(paper.paper_id)
        self._writer.add_document(tantivy.Document(paper_id=paper.paper_id, text=_text(paper)))


class LexicalIndex:
    """The tantivy index of one library.

    Args:
        folder: Where the index lies; made anew when absent or unreadable.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._schema = _schema()
        self._index = self._open()
        self._index.register_tokenizer(ANALYZER, _analyzer())

    def _open(self) -> tantivy.Index:
        """The index as it is, or a new one in its place: it is derived, so nothing is lost."""
        if self._folder.is_dir() and tantivy.Index.exists(str(self._folder)):
            try:
                index = tantivy.Index(self._schema, path=str(self._folder))
                index.searcher().doc_freq("text", "")  # reads every segment
            except ValueError:  # another schema, or damaged
                logger.info("lexical index: it cannot be read and is made anew")
            else:
                return index
        if self._folder.is_dir():
            shutil.rmtree(self._folder)
        else:
            self._folder.unlink(missing_ok=True)
        self._folder.mkdir(parents=True)
        return tantivy.Index(self._schema, path=str(self._folder))

    @property
    def revision(self) -> int:
        """The library's revision that the index is complete for; -1 when it is new."""
        try:
            return int((self._folder / REVISION_FILE).read_text())
        except (FileNotFoundError, ValueError):
            return -1

    @contextmanager
    def changing(self, revision: int) -> Iterator[LexicalChange]:
        """Collect changes and commit them together; the index is then complete for `revision`."""
        writer = self._index.writer(heap_size=HEAP_BYTES, num_threads=1)
        committed = False
        try:
            yield LexicalChange(writer)
            writer.commit()
            committed = True
        finally:
            if not committed:
                writer.rollback()
            writer.wait_merging_threads()
        (self._folder / REVISION_FILE).write_text(str(revision))
        self.reload()

    def reload(self) -> None:
        """See what another process has committed."""
        self._index.reload()

    def count(self) -> int:
        """How many papers the index holds."""
        return int(self._index.searcher().num_docs)

    def paper_frequency(self, term: str) -> int:
        """In how many papers a stem stands."""
        return int(self._index.searcher().doc_freq("text", term))

    def search(self, query: str, k: int) -> dict[str, float]:
        """BM25 score by paper, for those that share a word with the query, best first."""
        terms = dict(list(Counter(analyze(query)).items())[:MOST_QUERY_TERMS])
        if not terms:
            return {}
        any_of_them = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, self._boosted(term, term_boost(occurrences)))
                for term, occurrences in terms.items()
            ]
        )
        searcher = self._index.searcher()
        found = searcher.search(any_of_them, k).hits
        return {searcher.doc(address)["paper_id"][0]: float(score) for score, address in found}

    def _boosted(self, term: str, boost: float) -> tantivy.Query:
        return tantivy.Query.boost_query(
            tantivy.Query.term_query(self._schema, "text", term), boost
        )
