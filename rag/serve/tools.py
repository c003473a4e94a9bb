"""Define the tools that an assistant may call, as functions of a library; no protocol here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from prompts import render_prompt
from rag.errors import SourceError
from rag.export import export_papers
from rag.library import Library
from rag.serve import shapes
from rag.types import Answer, Message, Paper, Stage

Given = TypeVar("Given", bound=shapes.Arguments)
Json = Any  # a schema or a value as `json` holds it
OnStage = Callable[[Stage], None]
PROMPTS: Final = "tools"  # the folder of what is said of the tools
NO_PAPER: Final = "The library has no paper {paper_id!r}; search and list_papers give the ids."
SUMMARY: Final = "a summary written for paperchat, not the authors' abstract"


@dataclass(frozen=True, slots=True)
class Tool(Generic[Given]):
    """A tool.

    Attributes:
        arguments: The type of what it takes.
        result: The type of what it gives.
        run: Does it; told the stages of work that takes seconds.
        is_read_only: Whether it leaves the library as it is.
        looks_up: Whether it may ask services elsewhere.
    """

    name: str
    title: str
    arguments: type[Given]
    result: type[BaseModel]
    run: Callable[[Library, Given, OnStage], BaseModel]
    is_read_only: bool = True
    looks_up: bool = False

    @property
    def description(self) -> str:
        """What a model is told of it."""
        return render_prompt(f"{PROMPTS}/{self.name}")

    @property
    def input_schema(self) -> Json:
        """The JSON schema of what it takes, which admits nothing else."""
        return compact_schema(self.arguments.model_json_schema())

    @property
    def output_schema(self) -> Json:
        """The JSON schema of what it gives."""
        return compact_schema(self.result.model_json_schema(mode="serialization"))

    def call(
        self, library: Library, arguments: Mapping[str, object], on_stage: OnStage
    ) -> BaseModel:
        """Return what the tool gives for arguments as they came in.

        Raises:
            SourceError: The arguments are wrong.
            RagError: The library cannot do it.
        """
        try:
            given = self.arguments.model_validate(arguments)
        except ValidationError as exc:
            raise SourceError(_what_is_wrong(self.name, exc)) from exc
        return self.run(library, given, on_stage)


def compact_schema(schema: Json) -> Json:
    """Return a schema without the titles and descriptions that its names and types say already."""
    if isinstance(schema, list):
        return [compact_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: compact_schema(value)
        for key, value in schema.items()
        if not (key in ("title", "description") and isinstance(value, str))
    }


def _what_is_wrong(name: str, error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, problem["loc"]))
    told = str(problem["msg"]).removesuffix(".")
    return f"{name} cannot take its argument {place!r}: {told}."


def search(library: Library, given: shapes.SearchArguments, _: OnStage) -> shapes.Found:
    """Find papers."""
    papers = [hit.paper for hit in library.search(given.query, given.k)]
    return shapes.Found(results=[_found(paper) for paper in papers])


def _found(paper: Paper) -> shapes.FoundPaper:
    return shapes.FoundPaper(id=paper.paper_id, title=paper.title, url=paper.link)


def fetch(library: Library, given: shapes.PaperArguments, _: OnStage) -> shapes.Fetched:
    """Read a paper."""
    paper = require_paper(library, given.id)
    known = {
        "authors": ", ".join(paper.authors),
        "published": paper.published,
        "venue": paper.venue,
        **asdict(paper.imprint),
        "source": paper.source,
        "retraction": paper.retraction,
        "notices": "; ".join(paper.notices),
        "text_is": SUMMARY if paper.is_summary else "the abstract",
    }
    metadata = {name: value for name, value in known.items() if value}
    text = f"{paper.title}\n\n{paper.abstract}"
    return shapes.Fetched(**_found(paper).model_dump(), text=text, metadata=metadata)


def require_paper(library: Library, paper_id: str) -> Paper:
    """Return a paper by its id.

    Raises:
        SourceError: It is not there.
    """
    paper = library.get(paper_id)
    if paper is None:
        raise SourceError(NO_PAPER.format(paper_id=paper_id))
    return paper


def ask(library: Library, given: shapes.AskArguments, on_stage: OnStage) -> shapes.Answered:
    """Answer a question."""
    history = [Message(turn.role, turn.content) for turn in given.history]
    drafts = library.stream(given.question, history, given.filters, given.depth)
    answer = _followed(drafts, on_stage)
    return shapes.Answered(
        text=answer.text,
        status=answer.status,
        reason=answer.reason,
        caveat=answer.caveat,
        notice=answer.notice,
        confidence=round(answer.confidence, 3),
        citations=[shapes.CitedPaper.of(each) for each in answer.citations],
        searches=shapes.searches_of(answer),
    )


def _followed(drafts: Iterator[Answer], on_stage: OnStage) -> Answer:
    """Return the last of the drafts; each stage is told once."""
    stage: Stage | None = None
    for answer in drafts:
        if answer.stage and answer.stage != stage:
            on_stage(answer.stage)
        stage = answer.stage
    return answer


def get_paper(library: Library, given: shapes.PaperArguments, _: OnStage) -> shapes.PaperRecord:
    """Give a paper's record."""
    return shapes.PaperRecord.of(require_paper(library, given.id))


def list_papers(library: Library, given: shapes.ListArguments, _: OnStage) -> shapes.Listed:
    """List papers."""
    listing = library.catalog.browse(
        given.words,
        given.order,
        given.offset,
        given.limit,
        is_reversed=given.order == "year",
        filters=given.filters,
    )
    papers = [
        shapes.ListedPaper(
            id=each.paper_id,
            title=each.title,
            authors=list(each.authors),
            published=each.published,
        )
        for each in listing.headings
    ]
    return shapes.Listed(papers=papers, found=listing.found, total=listing.total)


def cite(library: Library, given: shapes.CiteArguments, _: OnStage) -> shapes.Cited:
    """Give a bibliography."""
    papers = [require_paper(library, each) for each in given.ids]
    return shapes.Cited(text=export_papers(papers, given.format))


def add_papers(library: Library, given: shapes.AddArguments, _: OnStage) -> shapes.Added:
    """Add papers."""
    before = library.revision
    report = library.ingest_text(given.text)
    return shapes.Added(
        added=report.added,
        updated=report.updated,
        unchanged=report.unchanged,
        ids=[paper.paper_id for paper in library.catalog.changed_after(before)],
        rejected=[
            shapes.RejectedRecord(record=each.record, why=each.why) for each in report.rejected
        ],
    )


READING: Final[tuple[Tool[Any], ...]] = (
    Tool("search", "Search papers", shapes.SearchArguments, shapes.Found, search),
    Tool("fetch", "Read a paper", shapes.PaperArguments, shapes.Fetched, fetch),
    Tool("ask", "Ask the papers", shapes.AskArguments, shapes.Answered, ask),
    Tool("get_paper", "A paper's record", shapes.PaperArguments, shapes.PaperRecord, get_paper),
    Tool("list_papers", "List papers", shapes.ListArguments, shapes.Listed, list_papers),
    Tool("cite", "Cite papers", shapes.CiteArguments, shapes.Cited, cite),
)
ADDING: Final[tuple[Tool[Any], ...]] = (
    Tool(
        "add_papers",
        "Add papers",
        shapes.AddArguments,
        shapes.Added,
        add_papers,
        is_read_only=False,
        looks_up=True,
    ),
)


@dataclass(frozen=True, slots=True)
class PromptOffer:
    """A prompt that a user may choose.

    Attributes:
        argument: What it is filled with.
    """

    name: str
    title: str
    argument: str

    def text(self, value: str) -> str:
        """Return the prompt, filled."""
        return render_prompt(f"{PROMPTS}/{self.name}", **{self.argument: value})


OFFERED: Final = (
    PromptOffer("literature_review", "Review what the papers say", "topic"),
    PromptOffer("check_claim", "Check a claim against the papers", "claim"),
)
