"""Render answers as a page of HTML that stands alone, without scripts."""

from __future__ import annotations

from html import escape
from typing import Final

from rag.export.markdown import answer_markdown
from rag.types import Answer

PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto }}
blockquote {{ border-left: 3px solid #999; margin-left: 0; padding-left: 1rem }}
</style>
</head>
<body>
{body}</body>
</html>
"""


def answer_html(answer: Answer) -> str:
    """Return a question with its answer, sources and quotes; no HTML of theirs is taken over."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return PAGE.format(title=escape(answer.question), body=reader.render(answer_markdown(answer)))
