"""Render papers and answers as notes for Obsidian, Logseq and other folders of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import groupby
from typing import Final

from rag.export.markdown import SUMMARY, inert, plain
from rag.text import one_line
from rag.types import Answer, Paper

# What file systems and the links of these programs do not take in a name.
NOT_IN_NAME: Final = re.compile(r'[\\/:*?"<>|#^\[\]%\x00-\x1f]+')
MOST_NAME: Final = 100  # characters; a file system takes 255 bytes


def note_names(papers: Iterable[Paper]) -> dict[str, str]:
    """Return a name for each paper's note, by id: its title, with its id where two are the same."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for paper in papers:
        name = note_name(paper.title)
        if name.casefold() in taken:
            name = f"{name[: MOST_NAME // 2]} ({note_name(paper.paper_id)})"
        taken.add(name.casefold())
        names[paper.paper_id] = name
    return names


def note_name(title: str) -> str:
    """Return a title as the name of a note, without what names cannot hold."""
    return one_line(NOT_IN_NAME.sub(" ", title))[:MOST_NAME].strip(" .") or "Untitled"


def paper_note(paper: Paper) -> str:
    """Return a paper as a note: what its record says as YAML above, then title and abstract."""
    known: dict[str, object] = {
        "title": paper.title,
        "paper_id": paper.paper_id,
        "authors": list(paper.authors),
        "published": paper.published,
        "year": paper.year,
        "venue": paper.venue,
        **asdict(paper.imprint),
        "url": paper.address,
        **dict(paper.identifiers),
        "tags": [re.sub(r"[^\w/-]+", "-", tag).strip("-") for tag in paper.tags],
        "collections": list(paper.collections),
        "retraction": paper.retraction,
        "notices": list(paper.notices),
    }
    body = [f"# {plain(paper.title)}", plain(paper.abstract)]
    if paper.is_summary:
        body.append(f"*{SUMMARY}*")
    return _front_matter(known) + "\n\n".join(body) + "\n"


def answer_note(answer: Answer, names: Mapping[str, str]) -> str:
    """Return an answer as a note that links to the notes of the papers that it cites.

    Args:
        answer: It.
        names: Of the papers' notes, by id.
    """
    body = [f"# {plain(answer.question)}"]
    if answer.caveat:
        body.append(f"*{plain(answer.caveat)}*")
    body.append(inert(answer.text))
    for marker, group in groupby(answer.citations, key=lambda each: each.marker):
        cited = list(group)
        body.append(f"\\[{marker}\\] [[{names[cited[0].paper.paper_id]}]]")
        body += [f"> {plain(each)}" for each in dict.fromkeys(each.quote for each in cited)]
    known = {"question": answer.question, "status": answer.status, "written_by": answer.mode}
    return _front_matter(known) + "\n\n".join(body) + "\n"


def _on_lines(value: object) -> object:
    """Return texts on one line each: YAML reads some signs for new lines as blanks."""
    if isinstance(value, str):
        return one_line(value)
    return [_on_lines(each) for each in value] if isinstance(value, list | tuple) else value


def _front_matter(known: Mapping[str, object]) -> str:
    import yaml

    lines = {name: _on_lines(value) for name, value in known.items()}
    kept = {name: value for name, value in lines.items() if value not in (None, "", [])}
    text = yaml.safe_dump(kept, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{text}---\n\n"
