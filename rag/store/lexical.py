"""Words of titles and abstracts, years, sources and authors in tantivy: BM25 and filters.

Derived from the papers, incremental, on disk.
"""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import tantivy

from rag.store.names import called, name_words
from rag.types import NO_FILTERS, Facets, Filters, Paper

logger = logging.getLogger(__name__)

# How far a word that the query repeats counts more, the k3 of BM25 (Robertson et al. 1994):
# without a limit repetition costs 0.002 of nDCG@10 on SciFact's training queries, with this one
# 0.001; CACM's long queries, which repeat what matters, gain 0.01.
QUERY_SATURATION: Final = 2.0
HEAP_BYTES: Final = 30_000_000  # of a writer; twice as much is no faster
ANALYZER: Final = "folded_english"
MOST_QUERY_TERMS: Final = 256
MOST_NAMES_KEPT: Final = 1000
MOST_VALUES: Final = 10_000  # sources and authors that are counted
MOST_YEARS: Final = 10_000
LAST_YEAR: Final = 9999
IDS_PER_PAGE: Final = 5000


FindMembers = Callable[[Sequence[str], Sequence[str]], Sequence[str] | None]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("paper_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name=ANALYZER, index_option="freq")
    builder.add_integer_field("year", indexed=True, fast=True)
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_text_field(
        "author", stored=True, tokenizer_name="raw", index_option="basic", fast=True
    )
    builder.add_text_field("name_word", tokenizer_name="raw", index_option="basic")
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
    """Return the stems of the words of a text, in order, as the index sees them."""
    return list(_analyzer().analyze(text))


def _text(paper: Paper) -> str:
    """Title and abstract in one field, each word once where the abstract only repeats the title.

    Two fields with a boost rank worse (nDCG@10 on SciFact's training queries 0.624 against 0.703),
    and a title that counts twice gains with words alone (0.706), but nothing in the hybrid.
    """
    return paper.title if paper.abstract == paper.title else f"{paper.title}. {paper.abstract}"


def term_boost(occurrences: int) -> float:
    """Weigh a query term by how often it occurs, against one that occurs once."""
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
        words = {word for author in paper.authors for word in name_words(author)}
        document = tantivy.Document(
            paper_id=paper.paper_id,
            text=_text(paper),
            author=list(dict.fromkeys(paper.authors)),
            name_word=sorted(words),
        )
        if paper.year is not None:
            document.add_integer("year", paper.year)
        if paper.source is not None:
            document.add_text("source", paper.source)
        self._writer.add_document(document)


class LexicalIndex:
    """The tantivy index of one library.

    Args:
        folder: Where the index lies; made anew when absent or unreadable.
        find_members: The ids of the papers in one of some collections and with one of some tags,
            which the index does not hold; None for no limit.
    """

    def __init__(self, folder: Path, find_members: FindMembers = lambda *_: None) -> None:
        self._folder = folder
        self._find_members = find_members
        self._schema = _schema()
        self._bearers: dict[str, list[str]] = {}  # what was found of names asked for, by name
        self._index = self._open()
        self._index.register_tokenizer(ANALYZER, _analyzer())

    def _open(self) -> tantivy.Index:
        """Open the index, or a new one in its place: it is derived, so nothing is lost."""
        if self._folder.is_dir() and tantivy.Index.exists(str(self._folder)):
            try:
                index = tantivy.Index(self._schema, path=str(self._folder))
                index.searcher().doc_freq("text", "")  # reads every segment
            except ValueError:  # another schema, or damaged
                logger.info("lexical index: it cannot be read and is made again")
            else:
                return index
        if self._folder.is_dir():
            shutil.rmtree(self._folder)
        else:
            self._folder.unlink(missing_ok=True)
        self._folder.mkdir(parents=True)
        return tantivy.Index(self._schema, path=str(self._folder))

    @contextmanager
    def changing(self) -> Iterator[LexicalChange]:
        """Collect changes and commit them together."""
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
        self.reload()

    def reload(self) -> None:
        """See what another process has committed."""
        self._index.reload()
        self._bearers = {}  # whoever looks a name up meanwhile keeps to the old one

    def count(self, filters: Filters = NO_FILTERS) -> int:
        """Count the papers of the index that pass."""
        searcher = self._index.searcher()
        if not filters:
            return int(searcher.num_docs)
        found = searcher.search(self._admission(filters), 1)
        return int(found.count)  # type: ignore[attr-defined]  # missing from its stub

    def paper_frequency(self, term: str) -> int:
        """In how many papers a stem stands."""
        return int(self._index.searcher().doc_freq("text", term))

    def search(self, query: str, k: int, filters: Filters = NO_FILTERS) -> dict[str, float]:
        """BM25 score by paper, for those that pass and share a word with the query, best first."""
        terms = dict(list(Counter(analyze(query)).items())[:MOST_QUERY_TERMS])
        if not terms:
            return {}
        any_of_them = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, self._boosted(term, term_boost(occurrences)))
                for term, occurrences in terms.items()
            ]
        )
        if filters:
            unscored = tantivy.Query.const_score_query(self._admission(filters), 0.0)
            any_of_them = _all_of([any_of_them, unscored])
        searcher = self._index.searcher()
        found = searcher.search(any_of_them, k).hits
        return {searcher.doc(address)["paper_id"][0]: float(score) for score, address in found}

    def having(self, stems: Sequence[str], k: int) -> list[str]:
        """Find up to k papers that have all of the stems; none where no stem is given."""
        searcher = self._index.searcher()
        if not stems:
            return []
        having_all = _all_of([self._term("text", stem) for stem in dict.fromkeys(stems)])
        found = searcher.search(having_all, k, count=False).hits
        return [searcher.doc(address)["paper_id"][0] for _, address in found]

    def alike(self, word: str, wrong: int, k: int) -> list[str]:
        """Find up to k papers with a stem that differs from that of a word by so many letters."""
        searcher = self._index.searcher()
        near = [
            (
                tantivy.Occur.Should,
                tantivy.Query.fuzzy_term_query(self._schema, "text", stem, distance=wrong),
            )
            for stem in analyze(word)
        ]
        if not near:
            return []
        found = searcher.search(tantivy.Query.boolean_query(near), k, count=False).hits
        return [searcher.doc(address)["paper_id"][0] for _, address in found]

    def newest(self, filters: Filters, k: int) -> list[str]:
        """Find up to k papers that pass, latest year first, those without a year last."""
        searcher = self._index.searcher()
        found = searcher.search(self._admission(filters), k, order_by_field="year").hits
        return [searcher.doc(address)["paper_id"][0] for _, address in found]

    def paper_ids(self) -> Iterator[str]:
        """Yield the ids of all papers that the index holds."""
        searcher = self._index.searcher()
        for first in range(0, searcher.num_docs, IDS_PER_PAGE):
            everything = tantivy.Query.all_query()
            found = searcher.search(everything, IDS_PER_PAGE, count=False, offset=first).hits
            for _, address in found:
                yield searcher.doc(address)["paper_id"][0]

    def admitted(self, filters: Filters, paper_ids: Sequence[str]) -> set[str]:
        """Return those of the papers that pass."""
        if not paper_ids:
            return set()
        among = tantivy.Query.term_set_query(self._schema, "paper_id", list(paper_ids))
        searcher = self._index.searcher()
        found = searcher.search(_all_of([among, self._admission(filters)]), len(paper_ids)).hits
        return {searcher.doc(address)["paper_id"][0] for _, address in found}

    def find_authors(self, name: str) -> list[str]:
        """Find the authors that bear a name or a part of one, as the papers give them."""
        telling = [word for word in name_words(name) if len(word) > 1]
        if not telling:
            return []
        kept = self._bearers
        known = kept.get(name)
        if known is not None:
            return known
        searcher = self._index.searcher()
        having_all = _all_of([self._term("name_word", word) for word in telling])
        found = searcher.search(having_all, max(1, searcher.num_docs)).hits
        authors = {each for _, address in found for each in searcher.doc(address)["author"]}
        borne = called(sorted(authors), name)
        if len(kept) < MOST_NAMES_KEPT:
            kept[name] = borne
        return borne

    def facets(self) -> Facets:
        """Return years, sources and authors of the papers, with how many papers each has."""
        everything = tantivy.Query.all_query()
        searcher = self._index.searcher()
        by_year = {"years": {"terms": {"field": "year", "size": MOST_YEARS}}}
        counted = searcher.aggregate(everything, by_year)["years"]["buckets"]
        years = {int(each["key"]): int(each["doc_count"]) for each in counted}
        return Facets(
            years=dict(sorted(years.items(), reverse=True)),
            sources=dict(searcher.terms_with_prefix("source", "", everything, MOST_VALUES)),
            authors=dict(searcher.terms_with_prefix("author", "", everything, MOST_VALUES)),
        )

    def _admission(self, filters: Filters) -> tantivy.Query:
        """Build the query that a paper must match: each kind of filter, one value of each kind."""
        kinds = [tantivy.Query.all_query()]
        if filters.has_years:
            kinds.append(self._within_years(filters))
        if filters.sources:
            kinds.append(self._any_term("source", filters.sources))
        if filters.authors:
            named = [author for name in filters.authors for author in self.find_authors(name)]
            kinds.append(self._any_term("author", named))
        if filters.paper_ids:
            kinds.append(self._any_term("paper_id", filters.paper_ids))
        members = self._find_members(filters.collections, filters.tags)
        if members is not None:
            kinds.append(self._any_term("paper_id", members))
        return _all_of(kinds)

    def _within_years(self, filters: Filters) -> tantivy.Query:
        within = self._year_range(filters.since, filters.until)
        if not filters.undated:
            return within
        dated = (tantivy.Occur.MustNot, self._year_range(None, LAST_YEAR))
        undated = tantivy.Query.boolean_query(
            [(tantivy.Occur.Must, tantivy.Query.all_query()), dated]
        )
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, within), (tantivy.Occur.Should, undated)]
        )

    def _year_range(self, since: int | None, until: int | None) -> tantivy.Query:
        kind = tantivy.FieldType.Integer
        return tantivy.Query.range_query(self._schema, "year", kind, since, until)

    def _any_term(self, field: str, values: Sequence[str]) -> tantivy.Query:
        return tantivy.Query.term_set_query(self._schema, field, list(values))

    def _boosted(self, term: str, boost: float) -> tantivy.Query:
        return tantivy.Query.boost_query(self._term("text", term), boost)

    def _term(self, field: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value)


def _all_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])
