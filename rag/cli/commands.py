"""Run the commands of `paperchat`; every function returns the exit code."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from rag import export
from rag.cli import output
from rag.cli.ending import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_TERMINATED,
    EXIT_WRONG_USE,
    Terminated,
)
from rag.cli.following import follow
from rag.cli.identifying import find_paper_ids
from rag.cli.opening import fills_new, open_library
from rag.errors import ConfigurationError, RagError, SourceError
from rag.export.plain import exported_record, paper_record
from rag.identifiers import cite_keys
from rag.settings import Settings, read_settings
from rag.store.faults import VerifyReport
from rag.terminal import (
    write_json,
    write_line,
    write_notice,
    write_text,
)
from rag.types import STARTER_SOURCE, Answer, Filters, Paper

HANG: Final = 4  # columns by which a paper's title goes on further in
JSON_LINES: Final[Literal["jsonl"]] = "jsonl"
FormatOfPapers = export.Format | export.Style
FormatName = export.Format | export.Style | export.Table | Literal["jsonl"]


def chat(options: argparse.Namespace) -> int:
    """Open the chat page and serve it until it is stopped."""
    settings = read_settings(library=options.library)
    if settings.log == "json":
        return _logging_json(options, settings)
    _serve_page(options, settings)
    return 0


def _logging_json(options: argparse.Namespace, settings: Settings) -> int:
    """Serve the page, and log in JSON to the very end, however it comes."""
    from rag.logs import logging_json, server

    with logging_json(settings, sys.stderr):
        try:
            _serve_page(options, settings)
        except RagError as exc:
            server.error(str(exc))
            is_misuse = isinstance(exc, ConfigurationError)
            return EXIT_WRONG_USE if is_misuse else EXIT_FAILED
        except KeyboardInterrupt as exc:
            server.info("stopped")
            is_asked = isinstance(exc, Terminated)
            return EXIT_TERMINATED if is_asked else EXIT_INTERRUPTED
    return EXIT_DONE


def _serve_page(options: argparse.Namespace, settings: Settings) -> None:
    from rag.serve.door import read_tokens
    from rag.store.servers import shared_database
    from ui import build_access_policy, serve

    access = build_access_policy(
        host=options.host,
        auth=_credentials(options.auth),
        auth_file=options.auth_file,
        no_auth=options.no_auth,
        allow_endpoints=options.allow_endpoints,
        rate_limit=settings.rate_limit,
        tokens=read_tokens(settings),
        database=shared_database(settings),
        auth_header=options.auth_header,
        trusted_proxies=options.trusted_proxy,
    )
    serve(
        settings,
        llm=options.llm,
        access=access,
        port=options.port,
        open_browser=not options.no_browser,
        fills_new=fills_new(options, settings),
    )


def _credentials(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise ConfigurationError("--auth wants USER:PASSWORD, for example --auth ada:secret.")
    return user, password


def _filters(options: argparse.Namespace) -> Filters | None:
    """Return the filters in the options; None without any."""
    since, until = options.since, options.until
    if since is not None and until is not None and since > until:
        options.usage_error(f"no year is since {since} and until {until}: give --since the earlier")
    filters = Filters(
        since,
        until,
        tuple(options.author or ()),
        tuple(options.source or ()),
        tuple(options.collection or ()),
        tuple(options.tag or ()),
        options.undated,
    )
    return filters or None


def _without_citations(answer: Answer) -> str:
    """Return the text of an answer without citations, in one line."""
    if answer.status == "abstained":
        from rag.answering.abstention import describe_abstention

        return describe_abstention(answer.reason, answer.hits, answer.filters).why
    return answer.text.partition("\n")[0]


def ask(options: argparse.Namespace) -> int:
    """Answer one question."""
    if not options.question.strip():
        options.usage_error("the question is empty: say what you want to know")
    given = _filters(options)
    library = open_library(options, starter=True)
    library.catalog.require_groups(options.collection or (), options.tag or ())
    answer = follow(library.stream(options.question, filters=given, depth=options.depth))
    if options.receipt:
        from rag.receipts import make_receipt

        receipt = make_receipt(library, answer, filters=given, depth=options.depth)
        write_text(receipt.model_dump_json(indent=1) + "\n", options.receipt)
    if options.note:
        from rag.cli.noting import write_answer_note

        write_answer_note(options.note, answer, export.note_names(library.papers()))
    _write_as(options, answer)
    return 0


def _write_as(options: argparse.Namespace, answer: Answer) -> None:
    """Print an answer in the form that the options ask for."""
    form = options.format
    cited: FormatOfPapers | None = "bibtex" if form == "bib" else options.cite
    if cited and not answer.papers:
        raise RagError(f"No paper is cited. {_without_citations(answer)}")
    if cited:
        sys.stdout.write(export.export_papers(answer.papers, cited))
    elif options.markdown or form == "md":
        sys.stdout.write(export.answer_markdown(answer))
    elif form == "html":
        sys.stdout.write(export.answer_html(answer))
    elif options.json or form == "json":
        write_json(answer)
    else:
        output.write_answer(answer)


def search(options: argparse.Namespace) -> int:
    """Find papers."""
    given = _filters(options)
    library = open_library(options, starter=True)
    library.catalog.require_groups(options.collection or (), options.tag or ())
    filters = library.understood_filters(options.query) if given is None else given
    hits = library.search(options.query, options.k, filters=given)
    if options.json:
        write_json({"query": options.query, "filters": filters, "hits": hits})
    elif hits:
        output.write_hits(hits, filters)
    else:
        write_line("No paper found.")
    return 0


def list_papers(options: argparse.Namespace) -> int:
    """Print every paper, a line each."""
    papers = open_library(options).papers()
    if options.json:
        write_json({"papers": papers})
    for paper in papers if not options.json else []:
        title = f"{paper.title}  (retracted)" if paper.retraction else paper.title
        write_line(f"{paper.paper_id}  {paper.published or '    ':10}  {title}", HANG)
    return 0


def show_paper(options: argparse.Namespace) -> int:
    """Print one paper completely, by its id, its arXiv id or DOI, or the key it is cited by."""
    library = open_library(options)
    paper = library.catalog.require(find_paper_ids(library, [options.paper_id]))[0]
    if options.json:
        write_json(paper_record(paper))
        return 0
    names = ("volume, issue, pages" if name == "imprint" else name for name in paper.edited)
    known = [
        f"This paper was {paper.retraction}." if paper.retraction else None,
        *(f"Since then: {each}" for each in paper.notices),
        ", ".join(paper.authors),
        f"family names: {', '.join(families)}" if (families := _families(paper)) else None,
        paper.place,
        paper.imprint.publisher,
        f"ISSN {paper.imprint.issn}" if paper.imprint.issn else None,
        f"ISBN {paper.imprint.isbn}" if paper.imprint.isbn else None,
        paper.published,
        paper.link,
        paper.source,
        f"in {', '.join(paper.collections)}" if paper.collections else None,
        f"tagged {', '.join(paper.tags)}" if paper.tags else None,
        f"cited as {', '.join(keys)}" if (keys := cite_keys(paper)) else None,
        f"set by hand: {', '.join(names)}" if paper.edited else None,
    ]
    write_line("\n".join([paper.title, *filter(None, known), "", paper.abstract]))
    return 0


def _families(paper: Paper) -> list[str]:
    """Return the family names that a reader of the names could take for others."""
    return [family for author, family in paper.family_names if family != author]


def remove_papers(options: argparse.Namespace) -> int:
    """Delete papers; none of them when one is unknown."""
    if not (options.paper_ids or options.starter or options.source or options.collection):
        options.usage_error("name at least one PAPER_ID, --source, --collection or --starter")
    library = open_library(options)
    wanted = find_paper_ids(library, options.paper_ids)
    sources = {*options.source, *([STARTER_SOURCE] if options.starter else [])}
    held = library.papers() if sources else []
    if unknown := sorted(set(options.source) - {str(paper.source) for paper in held}):
        raise SourceError(f"No paper is from {', '.join(unknown)}. Nothing was removed.")
    of_them = [p for p in held if p.source in sources]
    wanted += [p.paper_id for p in of_them if sources.issuperset(p.origins)]
    staying = sum(p.paper_id not in wanted for p in of_them)
    for name in options.collection:
        inside = library.catalog.inside([name])
        if not inside:
            raise SourceError(f"No paper is in a collection {name!r}. Nothing was removed.")
        wanted += inside
    removed = library.remove(list(dict.fromkeys(wanted)))
    if options.json:
        write_json({"removed": removed})
    else:
        write_line(f"{removed} removed")
    if staying:
        papers = "1 paper stays" if staying == 1 else f"{staying:,} papers stay"
        write_notice(f"note: {papers}, which another source has too")
    return 0


def export_papers(options: argparse.Namespace) -> int:
    """Write every paper in a format that `ingest` can read."""
    library = open_library(options)
    papers = library.papers()
    if options.collection:
        library.catalog.require_groups(options.collection)
        papers = library.catalog.require(library.catalog.inside(options.collection))
    format_name = options.format or _format_of(options.output)
    write_text(_exported(papers, format_name), options.output)
    summaries = sum(paper.is_summary for paper in papers)
    if summaries and format_name != JSON_LINES:
        count = f"{summaries} of {len(papers)} papers"
        write_notice(f"without abstract, as only a summary is there: {count}")
    return 0


def verify_papers(options: argparse.Namespace) -> int:
    """Compare the papers with what is derived from them; return 1 when something stays wrong."""
    library = open_library(options)
    report = library.verify(repair=options.repair)
    if options.json:
        write_json(report)
        return 0 if report.is_sound else 1
    for fault in report.faults:
        write_line(str(fault))
    write_line(f"{report.papers:,} papers compared: {_verdict(report, options)}")
    return 0 if report.is_sound else 1


def _verdict(report: VerifyReport, options: argparse.Namespace) -> str:
    if report.is_sound:
        return "all is mended" if report.faults else "all is sound"
    if options.repair:
        return "not all could be mended"
    return "run `paperchat papers verify --repair` to mend it"


def _exported(papers: Sequence[Paper], format_name: FormatName) -> str:
    if format_name != JSON_LINES:
        return export.export_papers(papers, format_name)
    records = (exported_record(paper) for paper in papers)
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _format_of(path: Path | None) -> FormatName:
    """Return the format of a file's suffix; JSON Lines where it names none."""
    formats: dict[str, FormatName] = {".bib": "bibtex", ".ris": "ris", ".csv": "csv"}
    return formats.get(path.suffix.lower(), JSON_LINES) if path else JSON_LINES


def doctor(options: argparse.Namespace) -> int:
    """Check the installation; return 1 when something is wrong."""
    from rag.cli.checkup import examine

    settings = read_settings(library=options.library)
    findings = examine(settings)
    if options.bundle:
        from rag.cli.bundle import make_bundle

        text = json.dumps(make_bundle(settings, findings), ensure_ascii=False, indent=1)
        write_text(f"{text}\n", options.bundle)
    if options.json:
        write_json({"findings": findings})
    for finding in findings if not options.json else []:
        write_line(f"{'ok ' if finding.is_fine else 'NOT'} {finding.subject}: {finding.told}")
    return 0 if all(finding.is_fine for finding in findings) else 1
