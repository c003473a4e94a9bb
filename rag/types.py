"""Define the values that pass between the stages: frozen, and without logic of their own.

Nothing here imports another module of the project, nor anything heavy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Final, Literal, SupportsIndex
from urllib.parse import quote, quote_plus

Role = Literal["user", "assistant"]
Status = Literal["draft", "answered", "abstained", "stopped"]
Origin = Literal["papers", "records", "assistant"]
Reason = Literal[
    "not_in_library",
    "not_in_abstract",
    "not_a_question_for_papers",
    "empty_library",
    "another_language",  # than the one that papers are searched in
    "sources_disagree",  # answered, from papers that contradict each other
]
Thumb = Literal["up", "down"]  # what a user thinks of an answer
Stage = Literal["searching", "planning", "choosing", "reading", "thinking", "writing", "checking"]
Depth = Literal["quick", "thorough"]  # how long an answer is worked at
# Why something is searched for: it is the question, a part or another wording of it, its keywords,
# a sentence that an abstract may have, what was missing so far, or the title of the best paper.
SearchKind = Literal["question", "rewording", "keywords", "sentence", "gap", "feedback"]
Limit = Literal["tokens", "seconds"]

EXTRACTIVE = "extractive"  # the mode of answers without a language model
WRITTEN_BY = "written_by"  # the key by which an exported record says that paperchat wrote it
LAST_YEAR: Final = 9999  # dates have four digits for their year
YEAR: Final = re.compile(r"[0-9]{1,4}")
ARXIV = "arXiv"
SCHOLAR = "Google Scholar"
SEARCHES = {
    ARXIV: "https://arxiv.org/search/?searchtype=title&query=",
    SCHOLAR: "https://scholar.google.com/scholar?q=",
}
SAFE_IN_DOI = "/:;.,-_+@!*~=&$()"  # signs that an address need not escape
Verdict = Literal["supported", "partly", "unsupported", "contradicted"]
PASTED = "pasted text"
TYPED = "added by hand"
CITE_KEY: Final = "citekey"  # the scheme of the key that a user cites a paper by
CITE_ALIAS: Final = "citealias"  # and of others that it has
BY_HAND = frozenset((PASTED, TYPED))  # sources that are no place to be read again
STARTER_SOURCE = "paperchat starter library (summaries written for this project)"


# What is published: a journal's article, a paper of a conference, a part of a book, a book …
Kind = Literal["article", "conference", "chapter", "book", "thesis", "report", "preprint"]


@dataclass(frozen=True, slots=True)
class Imprint:
    """What a bibliography tells of where a paper was published, beside the venue's name.

    Attributes:
        issue: The number within its volume, or of a report.
        pages: From the first to the last, `45–67`, or the number of the article, `e1009`.
        publisher: Also the school of a thesis, the institute of a report.
        issn: Also several, `0028-0836, 1476-4687`.
        isbn: Also several.
    """

    kind: Kind | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    publisher: str | None = None
    issn: str | None = None
    isbn: str | None = None

    def __bool__(self) -> bool:
        """Return whether anything is known."""
        return self != NO_IMPRINT

    def __str__(self) -> str:
        """Return volume, issue and pages for people: `12(3), 45–67`; "" where none is known."""
        number, pages = self.volume or "", self.pages or ""
        if self.issue:
            number = f"{number}({self.issue})" if number else f"no. {self.issue}"
        if not self.volume and pages[:1].isdigit():
            pages = f"{'pp.' if '–' in pages else 'p.'} {pages}"
        return ", ".join(filter(None, (number, pages)))


NO_IMPRINT: Final = Imprint()


@dataclass(frozen=True, slots=True)
class Paper:
    """A research paper of a library.

    Attributes:
        published: ISO date in the precision that is known: `2020`, `2020-07` or `2020-07-16`.
        source: Where the record came from: a file's name, or what the record itself says.
        identifiers: Pairs of a scheme (`arxiv`, `doi`, `pmid`, `openalex`, `s2`, `citekey`,
            `citealias`) and the paper's identifier there. Papers are told apart by `paper_id`
            alone.
        tags: Its keywords.
        collections: Those that it was put into; `Rivers/Dams` is nested in `Rivers`.
        origins: Other sources that had it too.
        retraction: That it was retracted, in words, and where that is stated.
        notices: What came out of it later, in words, and where: corrections, newer versions.
        edited: Fields that a user set by hand, which nothing else overwrites.
        family_names: Pairs of an author and the family name that a record states, its particle in
            front; the whole name, where that is not to be taken apart. Of those alone of whom it
            does not follow from the name: `("José García Márquez", "García Márquez")`.
        imprint: Volume, issue, pages and the like.
    """

    paper_id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    published: str | None = None
    url: str | None = None
    venue: str | None = None
    source: str | None = None
    identifiers: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    tags: tuple[str, ...] = field(default=(), compare=False)
    origins: tuple[str, ...] = field(default=(), compare=False)
    collections: tuple[str, ...] = field(default=(), compare=False)
    retraction: str | None = field(default=None, compare=False)
    edited: tuple[str, ...] = field(default=(), compare=False)
    family_names: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    imprint: Imprint = field(default=NO_IMPRINT, compare=False)
    notices: tuple[str, ...] = field(default=(), compare=False)

    @property
    def year(self) -> int | None:
        """The year of publication, where known."""
        return int(self.published[:4]) if self.published else None

    @property
    def address(self) -> str:
        """The address where the paper can be read, or "" where none is known.

        One set by hand takes precedence, then arXiv's page, the DOI's, and what the record names,
        which is often the page of a database that others cannot open.
        """
        known = dict(self.identifiers)
        own = self.url or ""
        if own and "url" in self.edited:
            return own
        if "arxiv" in known:
            return f"https://arxiv.org/abs/{known['arxiv']}"
        if "doi" in known:
            return f"https://doi.org/{quote(known['doi'], safe=SAFE_IN_DOI)}"
        return own

    @property
    def place(self) -> str:
        """The venue with volume, issue and pages, `River Letters, 12(3), 45–67`, where known."""
        return ", ".join(filter(None, (self.venue, str(self.imprint))))

    @property
    def link(self) -> str:
        """The paper's address, or a search for its title where none is known."""
        return self.address or SEARCHES[self.searched_at] + quote_plus(self.title)

    @property
    def searched_at(self) -> str:
        """Where the title is searched for: all starter papers are on arXiv, others may not be."""
        return ARXIV if self.is_summary else SCHOLAR

    @property
    def is_summary(self) -> bool:
        """Whether `abstract` is a summary written for this project, not the authors' own text."""
        return self.source == STARTER_SOURCE


@dataclass(frozen=True, slots=True)
class Heading:
    """The part of a paper that lists show; its fields are those of `Paper`."""

    paper_id: str
    title: str
    authors: tuple[str, ...] = ()
    published: str | None = None
    source: str | None = None


Order = Literal["added", "title", "authors", "year", "source"]
Gap = Literal["date", "link", "authors"]  # what a record may lack


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list of papers.

    Attributes:
        headings: In the requested order.
        found: How many papers the search found.
        total: How many papers the library holds.
        columns: Fields of which some paper of the library has a value.
    """

    headings: tuple[Heading, ...]
    found: int
    total: int
    columns: frozenset[Order]


def _year(field_name: str, given: object) -> int | None:
    """Return a year of a filter; None limits nothing."""
    if given is None:
        return None
    wrong = f"The filter `{field_name}` is a year, such as 2022, not {given!r}."
    if isinstance(given, bool) or not isinstance(given, SupportsIndex | str):
        raise TypeError(wrong)
    if isinstance(given, str) and not YEAR.fullmatch(given.strip()):
        raise ValueError(wrong)
    year = int(given)
    if not 0 < year <= LAST_YEAR:
        raise ValueError(wrong)
    return year


def _names(field_name: str, given: object) -> tuple[str, ...]:
    """Return the names of a filter; blank ones and None limit nothing."""
    wrong = f"The filter `{field_name}` is a name or several names, not {given!r}."
    if given is None:
        return ()
    if not isinstance(given, Iterable):
        raise TypeError(wrong)
    names = (given,) if isinstance(given, str) else tuple(given)
    if not all(isinstance(name, str) for name in names):
        raise TypeError(wrong)
    return tuple(name for name in names if name.strip())


@dataclass(frozen=True, slots=True)
class Filters:
    """Which papers may answer; what is empty does not limit.

    Attributes:
        since: First year of publication, inclusive.
        until: Last year of publication, inclusive.
        authors: Names or parts of names; a paper has one of them among its authors, whatever case.
        sources: Values of `Paper.source`; a paper has one of them.
        collections: A paper is in one of them, or in one that lies in it; whatever case.
        tags: A paper has one of them, whatever case.
        undated: Whether papers without a known year pass the years too.
        paper_ids: Only these papers.

    One name may be given as a string of its own, several in any iterable; a year also in digits.

    Raises:
        TypeError: A value is of another kind than that.
        ValueError: A year is none.
    """

    since: int | None = None
    until: int | None = None
    authors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    undated: bool = False
    paper_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Bring every value into the form that searching knows."""
        for name in ("since", "until"):
            object.__setattr__(self, name, _year(name, getattr(self, name)))
        for name in ("authors", "sources", "collections", "tags", "paper_ids"):
            object.__setattr__(self, name, _names(name, getattr(self, name)))
        if not isinstance(self.undated, bool):
            raise TypeError(f"The filter `undated` is True or False, not {self.undated!r}.")

    def __bool__(self) -> bool:
        """Return whether any paper may be excluded."""
        return self != NO_FILTERS

    @property
    def has_years(self) -> bool:
        """Whether years of publication are limited."""
        return self.since is not None or self.until is not None

    def over(self, earlier: Filters) -> Filters:
        """Return these filters, and of the earlier ones those of other kinds."""
        years = self if self.has_years else earlier
        return Filters(
            years.since,
            years.until,
            self.authors or earlier.authors,
            self.sources or earlier.sources,
            self.collections or earlier.collections,
            self.tags or earlier.tags,
            self.undated or years.undated,
            self.paper_ids or earlier.paper_ids,
        )


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Facets:
    """What a library can be filtered by, with the number of papers of each.

    Attributes:
        years: Years of publication, latest first.
        sources: Values of `Paper.source`, the most frequent first; at most 10,000.
        authors: Names as the papers give them, the most frequent first; at most 10,000.
        collections: Those that hold a paper, by name.
        tags: The most frequent first; at most 10,000.
    """

    years: Mapping[int, int]
    sources: Mapping[str, int]
    authors: Mapping[str, int]
    collections: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topic:
    """Words that titles share, with the papers whose titles they are in."""

    name: str
    paper_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a paper's abstract that was embedded: `paper.abstract[start:end]`.

    Attributes:
        number: Its place among the passages of the paper, from 0.
    """

    paper_id: str
    number: int
    start: int
    end: int

    @property
    def passage_id(self) -> str:
        """Its id in the stores."""
        return passage_id(self.paper_id, self.number)


def passage_id(paper_id: str, number: int) -> str:
    """Return the id of a paper's passage, counted from 0."""
    return f"{paper_id}#{number}"


def passage_place(found: str) -> tuple[str, int]:
    """Return paper id and passage number of a passage's id."""
    paper_id, _, number = found.rpartition("#")
    return paper_id, int(number)


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved paper, with the score of each retriever.

    Attributes:
        score: Fused score in [0, 1], and up to 1 more for a paper that the question names or
            refers to; it orders the hits of one search and is comparable across searches
            only roughly.
        passages: The paper's passages, most similar first.
        dense_similarity: Cosine of the best passage, in [-1, 1]; None without an embedder.
        lexical_score: BM25, >= 0; None when it has no word of the query.
        dense_rank: Rank among the dense candidates, from 1; None when not among them.
        lexical_rank: Rank among the lexical candidates, from 1; None when not among them.
        is_named: Whether the question names the paper, by title or position ("the second one").
    """

    paper: Paper
    score: float
    passages: tuple[Passage, ...] = ()
    dense_similarity: float | None = None
    lexical_score: float | None = None
    dense_rank: int | None = None
    lexical_rank: int | None = None
    is_named: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """A marker of an answer, resolved; always `paper.abstract[start:end] == quote`.

    Attributes:
        marker: The number that the text shows in brackets.
        support: How well the quote supports the sentence that cites it, in [0, 1].
        verdict: On the sentence that cites it.
    """

    marker: int
    paper: Paper
    quote: str
    start: int
    end: int
    support: float
    verdict: Verdict = "supported"


@dataclass(frozen=True, slots=True)
class Listed:
    """What an answer from records listed or counted; questions behind it may go on with that.

    Attributes:
        paper_ids: Of all papers that it is about, in the order of its list.
        shown: How many of them, from the first on, the conversation has shown.
        told: What they are, in words behind "papers": `from 2022`; "" for all of the library.
        authors: The people that it names, where it tells who wrote something.
    """

    paper_ids: tuple[str, ...] = ()
    shown: int = 0
    told: str = ""
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """An utterance of a conversation; an answer's citations keep their markers in later ones.

    Attributes:
        listed: What an answer listed. Where it is None although the answer was a list, the question
            before it is read again.
    """

    role: Role
    content: str
    citations: tuple[Citation, ...] = ()
    listed: Listed | None = None


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of an answer, compared with what it cites.

    Attributes:
        text: The sentence with its markers; `answer.text[start:end] == text`.
        markers: The numbers of the papers that it cites, possibly none.
        verdict: The best that one of these papers gives it.
        model_verdict: The language model's, where it was asked (`verify="llm"`).
        local_verdict: The verdict without the model, where it was asked.
    """

    text: str
    start: int
    end: int
    markers: tuple[int, ...]
    verdict: Verdict
    model_verdict: Verdict | None = None
    local_verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class RemovedSentence:
    """A sentence that was removed from an answer.

    Attributes:
        text: Without its markers.
        verdict: `unsupported`, or `contradicted` by a paper that it cites.
        nearest: The sentence of a paper that comes nearest, with marker 0; None without papers.
    """

    text: str
    verdict: Verdict
    nearest: Citation | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a language model read and wrote; all 0 for an extractive answer.

    Attributes:
        cost: In the currency of the set prices; None when no price is set.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    def __add__(self, other: Usage) -> Usage:
        """Return the sum of both; its cost is known when one of the two is."""
        costs = [usage.cost for usage in (self, other) if usage.cost is not None]
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            sum(costs) if costs else None,
        )


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a model thought before it wrote: no part of its answer, neither verified nor cited.

    Attributes:
        seconds: From the question to the first word of the answer; 0 where it was not timed.
    """

    text: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Search:
    """A search that a thorough answer made.

    Attributes:
        text: What was searched for.
        kind: Why.
        found: How many papers it found that no search before it had found.
    """

    text: str
    kind: SearchKind = "question"
    found: int = 0


@dataclass(frozen=True, slots=True)
class Research:
    """What a thorough answer did before it was written.

    Attributes:
        searches: In their order; of a draft, the last one may still be under way.
        gaps: What the papers did not say after the first searches, as they were searched for.
        considered: How many papers the model chose among.
        chosen: Ids of the papers that it chose, the most useful first.
        calls: How often a model was asked, the answer itself not counted.
        tokens: What it read and wrote for that.
        seconds: How long all of it took.
        limit: What was used up before all steps were done, of `RAG_THOROUGH_TOKENS` and
            `RAG_THOROUGH_S`; None where nothing was.
        failure: Why the model was of no help in a step, or None.
    """

    searches: tuple[Search, ...] = ()
    gaps: tuple[str, ...] = ()
    considered: int = 0
    chosen: tuple[str, ...] = ()
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    limit: Limit | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class TableCell(Citation):
    """A cell of a table: a sentence of the paper, or a model's that this sentence supports.

    Attributes:
        sentence: The model's, which the verdict is on; None where the quote itself is the cell.
    """

    sentence: str | None = None

    @property
    def text(self) -> str:
        """What the cell says."""
        return self.sentence or self.quote

    @property
    def citation(self) -> Citation:
        """What its marker stands for."""
        known = {each.name: getattr(self, each.name) for each in fields(Citation)}
        return Citation(**known)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A paper of a table, with what its abstract says for each column.

    Attributes:
        marker: The paper's number in the conversation.
        cells: For each column in order what says it; None where the abstract does not.
    """

    paper: Paper
    marker: int
    cells: tuple[TableCell | None, ...]


@dataclass(frozen=True, slots=True)
class PaperTable:
    """What papers say, side by side; every cell rests on a sentence of the row's paper.

    Attributes:
        columns: Headings: names of `rag.answering.columns.COLUMNS`, or questions.
        rows: In the order in which the papers were given.
        put: How many of the rows a language model has put into words, or failed at.
    """

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    put: int = 0

    @property
    def has_model_cells(self) -> bool:
        """Whether a cell is a model's sentence."""
        return any(cell and cell.sentence for row in self.rows for cell in row.cells)


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What an answer was made with, as it was then; no key, address, folder or person is in it.

    Attributes:
        revision: Of the library.
        papers: How many it had.
        settings: Pairs of name and value, of those that may be shown.
        versions: Pairs of a package and its version.
        prompts: Pairs of a prompt and a hash of it.
    """

    revision: int
    papers: int
    settings: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    prompts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question: text with markers, the citations, and how it was made.

    Attributes:
        text: Markdown; markers are `[1]`, `[2]`, in the order of first use.
        status: `draft` while it is being written, then `answered` or `abstained`; `stopped` when
            the user ended it early, and the rest is not verified.
        reason: Why it abstained, or `sources_disagree` beside an answer; else None.
        citations: One or more for every marker in the text, by marker, then by place in the text.
        confidence: Probability that the cited papers answer the question, in [0, 1].
        mode: `extractive`, or the name of the model that wrote the text.
        origin: What the text is made from: the papers' abstracts, their records, or what the
            assistant knows of itself.
        sentences: The sentences of the text that claim something, with their verdicts.
        removed: Sentences that were removed because no paper supports them.
        struck: The same sentences, each with its verdict and the nearest sentence of a paper.
        notice: A sentence for the user on how the answer was made, or None.
        caveat: Why the text may be no answer, in one sentence that stands above it, or None.
        filters: Which papers were allowed to answer, given or understood from the question.
        stage: What is being done for a draft; None in a final answer.
        suggestions: Follow-up questions that the library answers.
        failure: Why the model that should have written the answer did not; else None.
        thinking: What the model thought before it wrote, where it shows that.
        is_cut: Whether the model had no room to end its text.
        table: The papers side by side, where a table was asked for.
        research: What was done for a thorough answer, else None.
        listed: What it lists or counts of the records; None where it does neither.
        timings: Milliseconds by stage.
        made_with: What it was made with, for its receipt; None of a draft.
    """

    question: str
    text: str
    status: Status
    reason: Reason | None = None
    citations: tuple[Citation, ...] = ()
    confidence: float = 0.0
    mode: str = EXTRACTIVE
    origin: Origin = "papers"
    sentences: tuple[CheckedSentence, ...] = ()
    removed: tuple[str, ...] = ()
    struck: tuple[RemovedSentence, ...] = ()
    notice: str | None = None
    caveat: str | None = None
    hits: tuple[Hit, ...] = ()
    filters: Filters = NO_FILTERS
    stage: Stage | None = None
    suggestions: tuple[str, ...] = ()
    failure: str | None = None
    thinking: Thinking | None = None
    is_cut: bool = False
    table: PaperTable | None = None
    research: Research | None = None
    listed: Listed | None = None
    usage: Usage = NO_USAGE
    timings: Mapping[str, float] = field(default_factory=dict)
    made_with: MadeWith | None = field(default=None, compare=False)

    @property
    def is_extractive(self) -> bool:
        """Whether the text consists of the papers' own sentences, without a language model."""
        return self.mode == EXTRACTIVE

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The cited papers, each once, by marker."""
        return tuple({c.marker: c.paper for c in self.citations}.values())

    @property
    def markdown(self) -> str:
        """The text below its caveat, if any."""
        return f"*{self.caveat}*\n\n{self.text}" if self.caveat else self.text

    def _repr_markdown_(self) -> str:
        """Return what a notebook shows: the text, then the cited papers with their quotes."""
        lines = []
        for paper, marker in {c.paper: c.marker for c in self.citations}.items():
            quotes = dict.fromkeys(c.quote for c in self.citations if c.marker == marker)
            lines.append(f"\\[{marker}\\] [{_bracketed(paper.title)}](<{paper.link}>)")
            lines += [f"> {each}" for each in quotes]
        return "\n\n".join([self.markdown, *lines])

    def __str__(self) -> str:
        """Return the text below its caveat, if any, then the cited titles with their links."""
        lines = {c.marker: f"[{c.marker}] {_told(c.paper)}" for c in self.citations}
        return "\n".join([self.markdown, "", *lines.values()]).rstrip()


def _bracketed(title: str) -> str:
    """Return a title as the text of a link."""
    return title.replace("[", "\\[").replace("]", "\\]")


def _told(paper: Paper) -> str:
    """Render a cited paper with its link, and its retraction, if any."""
    retracted = f", {paper.retraction}" if paper.retraction else ""
    return f"{paper.title} ({paper.link}){retracted}"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that could not be read.

    Attributes:
        record: Its place in the source, from 1; 0 for the source as a whole.
        why: What is wrong with it.
        reason: The kind of fault, in words that many records share; empty for a singular one.
        within: The folder or archive whose file the source is; empty for one that was named itself.
        paper: What was read of one that lacks nothing but its abstract, which is empty.
    """

    source: str
    record: int
    why: str
    reason: str = field(default="", compare=False)
    within: str = field(default="", compare=False)
    paper: Paper | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Note:
    """Something about how a source was read that a user should know."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that a source has now, by which papers are known that it had before.

    Attributes:
        source: What the source of its papers is called.
        scheme: Of the identifiers that its papers have here.
        prefix: With which these identifiers begin.
        values: The identifiers of all that it has now.
    """

    source: str
    scheme: str
    prefix: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Gone:
    """A paper that a source does not have any more.

    Attributes:
        paper_id: The paper's.
        source: What has it no more.
        others: The other sources that had a record of it; it stays for them.
        is_removed: Whether it was taken out of the library, or out of what the source has.
        scheme: Of the identifiers that the source knows it by; "" for a file.
    """

    paper_id: str
    title: str
    source: str
    others: tuple[str, ...] = ()
    is_removed: bool = False
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Updated:
    """A paper of before that a run changed.

    Attributes:
        title: As it is now.
        fields: What of it changed, by the names that a `Paper` has for it.
    """

    paper_id: str
    title: str
    fields: tuple[str, ...]

    @property
    def told(self) -> str:
        """What changed, for people."""
        return ", ".join(SAID_OF_FIELDS.get(name, name) for name in self.fields)


SAID_OF_FIELDS: Final = {
    **{"published": "date", "url": "address", "identifiers": "ids"},
    **{"kind": "kind of publication", "issn": "ISSN", "isbn": "ISBN"},
    "imprint": "volume, issue, pages",
    "family_names": "family names",
}


@dataclass(frozen=True, slots=True)
class Merged:
    """A record that was merged, field by field, into a paper that another record told of.

    That stood in another source, or before it in the same one.

    Attributes:
        paper_id: The paper's.
        title: As the record has it.
        source: Where the record came from.
        into: Where the paper came from.
    """

    paper_id: str
    title: str
    source: str | None
    into: str | None


@dataclass(frozen=True, slots=True)
class FileCount:
    """How many papers were read from a file or another source, and how many records were not."""

    source: str
    papers: int
    rejected: int


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, in papers; `duplicates` occurred more than once in the same run.

    `gone` are papers of before that a source which was read does not have any more; `files` has
    the sources in the order in which they were read; `changes` names what was updated.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: tuple[Rejection, ...] = ()
    notes: tuple[Note, ...] = ()
    merged: tuple[Merged, ...] = ()
    gone: tuple[Gone, ...] = ()
    files: tuple[FileCount, ...] = ()
    changes: tuple[Updated, ...] = ()

    def __str__(self) -> str:
        """Return one line for people."""
        counts = asdict(self) | {"rejected": len(self.rejected)}
        for name in ("notes", "merged", "gone", "files", "changes"):
            del counts[name]
        if removed := sum(each.is_removed and not each.others for each in self.gone):
            counts["removed"] = removed
        return ", ".join(f"{count} {name}" for name, count in counts.items())


@dataclass(frozen=True, slots=True)
class Preview:
    """What an ingest would do.

    Attributes:
        report: What it would report.
        papers: The first papers that it would read, as they were understood.
    """

    report: IngestReport
    papers: tuple[Paper, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long piece of work has come.

    Attributes:
        total: 0 when it is not known.
        is_estimate: Whether the total is extrapolated from what is done.
    """

    stage: str
    done: int
    total: int
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who uses a library.

    Attributes:
        name: What their changes are noted under; "" for whoever uses the folder itself.
        may_change: Whether they may add, edit, merge, group and remove papers.
    """

    name: str = ""
    may_change: bool = True


OWNER: Final = Actor()
