"""The values that travel between the stages: frozen, without behaviour beyond reading themselves.

Nothing here imports another module of the project, nor anything heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal
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
    "sources_disagree",  # answered, with papers that say different things
]
Thumb = Literal["up", "down"]  # what a user thinks of an answer
Stage = Literal["searching", "reading", "thinking", "writing", "checking"]

EXTRACTIVE = "extractive"  # the mode of answers without a language model
WRITTEN_BY = "written_by"  # the key by which an exported record says that paperchat wrote it
SAFE_IN_DOI = "/:;.,-_+@!*~=&$()"  # signs that an address need not escape
Verdict = Literal["supported", "partly", "unsupported", "contradicted"]
PASTED = "pasted text"
TYPED = "added by hand"
BY_HAND = frozenset((PASTED, TYPED))  # sources that are no place to be read again
STARTER_SOURCE = "paperchat starter library (summaries written for this project)"


@dataclass(frozen=True, slots=True)
class Paper:
    """One research paper of a library.

    `published` is an ISO date of whatever precision is known: `2020`, `2020-07` or `2020-07-16`.
    `source` names where the record came from: a file's name, or what the record itself says.
    `identifiers` are pairs of a scheme (`arxiv`, `doi`, `pmid`, `openalex`, `s2`, `citekey`) and
    what the paper is known by there; `tags` are its keywords; `collections` are those that it was
    put into, `Rivers/Dams` lying in `Rivers`; `origins` are other sources that had it too;
    `retraction` says in words that it was retracted, and where that is told; `edited` names the
    fields that a user set by hand, which nothing else overwrites. None of these tells papers apart.
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

    @property
    def year(self) -> int | None:
        """The year of publication, where known."""
        return int(self.published[:4]) if self.published else None

    @property
    def address(self) -> str:
        """Where the paper is to be read, or "" where that is unknown.

        One set by hand comes first, then arXiv's page, the DOI's, and what the record names, which
        is often a database's page that others cannot open.
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
    def link(self) -> str:
        """The paper's address, or a search of arXiv for its title where none is known."""
        searched = f"https://arxiv.org/search/?searchtype=title&query={quote_plus(self.title)}"
        return self.address or searched

    @property
    def is_summary(self) -> bool:
        """Whether `abstract` is a summary written for this project, not the authors' own text."""
        return self.source == STARTER_SOURCE


@dataclass(frozen=True, slots=True)
class Heading:
    """What a list shows of a paper: all that is short; the fields are those of `Paper`."""

    paper_id: str
    title: str
    authors: tuple[str, ...] = ()
    published: str | None = None
    source: str | None = None


Order = Literal["added", "title", "authors", "year", "source"]


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of the list of papers.

    Attributes:
        headings: In the order that was asked for.
        found: How many papers the search found.
        total: How many papers the library holds.
        columns: What some paper of the library has a value of.
    """

    headings: tuple[Heading, ...]
    found: int
    total: int
    columns: frozenset[Order]


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
    """

    since: int | None = None
    until: int | None = None
    authors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return self != NO_FILTERS


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Facets:
    """What a library could be filtered by, with the number of papers of each.

    Attributes:
        years: Years of publication, latest first.
        sources: Values of `Paper.source`, the most frequent first; at most 10,000.
        authors: Names as the papers give them, the most frequent first; at most 10,000.
    """

    years: Mapping[int, int]
    sources: Mapping[str, int]
    authors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a paper's abstract that was embedded by itself: `paper.abstract[start:end]`.

    Attributes:
        number: Which of its paper's passages it is, counted from 0.
    """

    paper_id: str
    number: int
    start: int
    end: int

    @property
    def passage_id(self) -> str:
        """What the stores know it by."""
        return passage_id(self.paper_id, self.number)


def passage_id(paper_id: str, number: int) -> str:
    """The id of a paper's passage, counted from 0."""
    return f"{paper_id}#{number}"


def passage_place(found: str) -> tuple[str, int]:
    """The paper's id and the number of a passage, from its id."""
    paper_id, _, number = found.rpartition("#")
    return paper_id, int(number)


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that retrieval found, with what each retriever thought of it.

    Attributes:
        score: Fused score in [0, 1], and up to 1 more for a paper that the question names or
            points back at; it orders the hits of one search and is comparable across searches
            only roughly.
        passages: The paper's passages, most similar first.
        dense_similarity: Cosine of the best passage, in [-1, 1]; None without an embedder.
        lexical_score: BM25, >= 0; None when no word of the query occurs.
        dense_rank: Place among the dense candidates, from 1; None when not among them.
        lexical_rank: Place among the lexical candidates, from 1; None when not among them.
        is_named: Whether the question names the paper, by its title or its place ("the second
            one").
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
    """A marker of an answer, resolved: `paper.abstract[start:end] == quote`, always.

    Attributes:
        marker: The number that the text shows in brackets.
        support: How well the quote supports the sentence that cites it, in [0, 1].
        verdict: What that comes to, in one word.
    """

    marker: int
    paper: Paper
    quote: str
    start: int
    end: int
    support: float
    verdict: Verdict = "supported"


@dataclass(frozen=True, slots=True)
class Message:
    """One utterance of a conversation; an answer's citations keep its numbers for what follows."""

    role: Role
    content: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of an answer after it was compared with what it cites.

    Attributes:
        text: The sentence with its markers; `answer.text[start:end] == text`.
        markers: The numbers of the papers that it cites, possibly none.
        verdict: The best that one of them gives it.
        model_verdict: What the language model says of it, when it was asked (`verify="llm"`).
        local_verdict: What it was without the model's word, when the model was asked.
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
    """A sentence that was struck out of an answer, and why.

    Attributes:
        text: Without its markers.
        verdict: `unsupported`, or `contradicted` where a paper that it cites says otherwise.
        nearest: The sentence of a paper that comes nearest to it, under the marker 0; None where
            no paper was at hand.
    """

    text: str
    verdict: Verdict
    nearest: Citation | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a language model was given and wrote; all 0 for an extractive answer.

    Attributes:
        cost: In the currency of the set prices; None when no price is set.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    def __add__(self, other: Usage) -> Usage:
        """Both together; the cost is known when one of the two is."""
        costs = [usage.cost for usage in (self, other) if usage.cost is not None]
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            sum(costs) if costs else None,
        )


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a model thought before it wrote: no part of its answer, neither checked nor cited.

    Attributes:
        seconds: From the question to the first word of the answer; 0 where it was not timed.
    """

    text: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question got: text with markers, what the markers stand for, and how it came about.

    Attributes:
        text: Markdown; markers are `[1]`, `[2]`, in the order of first use.
        status: `draft` while it is being written, then `answered` or `abstained`; `stopped` when
            the user did not let it come to its end, which is then not checked.
        reason: Why it abstained, or `sources_disagree` beside an answer; else None.
        citations: One or more for every marker in the text, by marker, then by place in the text.
        confidence: In [0, 1]: how sure retrieval is that the cited papers answer the question.
        mode: `extractive`, or the name of the model that wrote the text.
        origin: What the text is made from: the papers' abstracts, their records (who wrote what,
            when), or what the assistant knows of itself.
        sentences: The sentences of the text that claim something, checked.
        removed: Sentences that were struck out of the text because no paper supports them.
        struck: The same sentences, each with why and the nearest sentence of a paper.
        notice: One sentence that the user should see beside the answer, or None.
        caveat: Why the text may be no answer, in one sentence that stands above it, or None.
        filters: Which papers were allowed to answer, given or understood from the question.
        stage: What is being done, while it is a draft; None in a final answer.
        suggestions: Questions that the library answers and that could come next.
        failure: Why the model did not write the answer, when it was to; else None.
        thinking: What the model thought before it wrote, where it tells; None else.
        is_cut: Whether the model had no room for more, so that its last sentence may be a part.
        timings: Milliseconds by stage.
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
    usage: Usage = NO_USAGE
    timings: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_extractive(self) -> bool:
        """Whether the text is made of the papers' own sentences, without a language model."""
        return self.mode == EXTRACTIVE

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The cited papers, each once, by marker."""
        return tuple({c.marker: c.paper for c in self.citations}.values())

    @property
    def markdown(self) -> str:
        """The text below its caveat, if it has one."""
        return f"*{self.caveat}*\n\n{self.text}" if self.caveat else self.text

    def __str__(self) -> str:
        """The text below its caveat, then the cited titles with their links."""
        lines = {c.marker: f"[{c.marker}] {_told(c.paper)}" for c in self.citations}
        return "\n".join([self.markdown, "", *lines.values()]).rstrip()


def _told(paper: Paper) -> str:
    """A cited paper with its link, and that it was retracted, where it was."""
    retracted = f", {paper.retraction}" if paper.retraction else ""
    return f"{paper.title} ({paper.link}){retracted}"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that could not be read: where it stood and why it was left out.

    `record` counts the records of the source from 1; 0 means the source as a whole. `reason` is
    the kind of what is wrong, in words that stand for many records; "" where each is its own.
    """

    source: str
    record: int
    why: str
    reason: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Note:
    """What a user should know of how a source was read, beside its papers."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A record that was joined to a paper known from elsewhere, field by field.

    Attributes:
        paper_id: The paper's.
        title: As the record has it.
        source: Where the record came from.
        into: Where the paper had come from.
    """

    paper_id: str
    title: str
    source: str | None
    into: str | None


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, in papers; `duplicates` were met more than once in the same run."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: tuple[Rejection, ...] = ()
    notes: tuple[Note, ...] = ()
    merged: tuple[Merged, ...] = ()

    def __str__(self) -> str:
        """One line for people."""
        counts = asdict(self) | {"rejected": len(self.rejected)}
        del counts["notes"], counts["merged"]
        return ", ".join(f"{count} {name}" for name, count in counts.items())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long piece of work is; `total` 0 means that it is not known.

    `is_estimate` says that the total is concluded from what is done.
    """

    stage: str
    done: int
    total: int
    is_estimate: bool = False
