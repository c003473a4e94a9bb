"""Define what the tools for assistants take and give; the schemas follow from these types."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.export import Format, Style
from rag.types import LAST_YEAR, Answer, Citation, Depth, Filters, Paper, Role, Status, Verdict

MOST_CHARACTERS = 4000  # of a question
MOST_HISTORY = 50  # messages
MOST_HITS = 50
MOST_LISTED = 200
MOST_CITED = 500
MOST_ADDED_CHARACTERS = 500_000

Question = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
PaperId = Annotated[str, Field(min_length=1, max_length=500)]
Year = Annotated[int, Field(ge=1, le=LAST_YEAR)]


class Arguments(BaseModel):
    """The arguments of a tool; one that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SearchArguments(Arguments):
    """What `search` takes."""

    query: Question
    k: Annotated[int, Field(ge=1, le=MOST_HITS)] = 10


class PaperArguments(Arguments):
    """What `fetch` and `get_paper` take."""

    id: PaperId


class Turn(Arguments):
    """A message of the conversation before a question."""

    role: Role
    content: str


class AskArguments(Arguments):
    """What `ask` takes."""

    question: Question
    history: Annotated[list[Turn], Field(max_length=MOST_HISTORY)] = []
    paper_ids: list[PaperId] = []
    since: Year | None = None
    until: Year | None = None
    authors: list[str] = []
    depth: Depth | None = None

    @property
    def filters(self) -> Filters | None:
        """The given limits; None without any, which leaves them to the question's words."""
        given = Filters(
            self.since, self.until, tuple(self.authors), paper_ids=tuple(self.paper_ids)
        )
        return given or None


class ListArguments(Arguments):
    """What `list_papers` takes."""

    words: Annotated[str, Field(max_length=MOST_CHARACTERS)] = ""
    collection: str | None = None
    tag: str | None = None
    author: str | None = None
    since: Year | None = None
    until: Year | None = None
    order: Literal["added", "title", "year"] = "added"
    offset: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 50

    @property
    def filters(self) -> Filters:
        """The given limits."""
        return Filters(
            self.since,
            self.until,
            (self.author,) if self.author else (),
            collections=(self.collection,) if self.collection else (),
            tags=(self.tag,) if self.tag else (),
        )


class CiteArguments(Arguments):
    """What `cite` takes."""

    ids: Annotated[list[PaperId], Field(min_length=1, max_length=MOST_CITED)]
    format: Format | Style = "bibtex"


class AddArguments(Arguments):
    """What `add_papers` takes."""

    text: Annotated[str, Field(min_length=1, max_length=MOST_ADDED_CHARACTERS)]


class FoundPaper(BaseModel):
    """A paper as connectors expect it."""

    id: str
    title: str
    url: str


class Found(BaseModel):
    """What `search` gives."""

    results: list[FoundPaper]


class Fetched(FoundPaper):
    """What `fetch` gives."""

    text: str
    metadata: dict[str, str]


class CitedPaper(FoundPaper):
    """A citation of an answer: `quote` stands verbatim in the paper's abstract."""

    marker: int
    quote: str
    verdict: Verdict

    @classmethod
    def of(cls, citation: Citation) -> CitedPaper:
        """Return a citation in this shape."""
        paper = citation.paper
        return cls(
            id=paper.paper_id,
            title=paper.title,
            url=paper.link,
            marker=citation.marker,
            quote=citation.quote,
            verdict=citation.verdict,
        )


def searches_of(answer: Answer) -> list[str]:
    """Return what a thorough answer searched for; nothing of a quick one."""
    return [each.text for each in answer.research.searches] if answer.research else []


class Answered(BaseModel):
    """What `ask` gives; `searches` of a thorough answer."""

    text: str
    status: Status
    reason: str | None
    caveat: str | None
    notice: str | None
    confidence: float
    citations: list[CitedPaper]
    searches: list[str]


class PaperRecord(FoundPaper):
    """What `get_paper` gives; `is_summary`: the abstract is no text of the authors.

    `family_names` has those of authors whose names do not tell them, such as García Márquez.
    """

    abstract: str
    authors: list[str]
    family_names: dict[str, str]
    published: str | None
    venue: str | None
    kind: str | None
    volume: str | None
    issue: str | None
    pages: str | None
    publisher: str | None
    issn: str | None
    isbn: str | None
    source: str | None
    identifiers: dict[str, str]
    collections: list[str]
    tags: list[str]
    retraction: str | None
    notices: list[str]
    is_summary: bool

    @classmethod
    def of(cls, paper: Paper) -> PaperRecord:
        """Return a paper in this shape."""
        return cls(
            id=paper.paper_id,
            title=paper.title,
            url=paper.link,
            abstract=paper.abstract,
            authors=list(paper.authors),
            family_names=dict(paper.family_names),
            published=paper.published,
            venue=paper.venue,
            **asdict(paper.imprint),
            source=paper.source,
            identifiers=dict(paper.identifiers),
            collections=list(paper.collections),
            tags=list(paper.tags),
            retraction=paper.retraction,
            notices=list(paper.notices),
            is_summary=paper.is_summary,
        )


class ListedPaper(BaseModel):
    """A paper of a list."""

    id: str
    title: str
    authors: list[str]
    published: str | None


class Listed(BaseModel):
    """What `list_papers` gives."""

    papers: list[ListedPaper]
    found: int
    total: int


class Cited(BaseModel):
    """What `cite` gives."""

    text: str


class RejectedRecord(BaseModel):
    """A record that could not be added."""

    record: int
    why: str


class Added(BaseModel):
    """What `add_papers` gives."""

    added: int
    updated: int
    unchanged: int
    ids: list[str]
    rejected: list[RejectedRecord]
