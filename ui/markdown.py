"""Escapes text for Gradio's chat, whose Markdown lets HTML and formulas through; pure functions.

What is written here is safe for a page that does not clean up, as Gradio does. Not covered: prices
in a paragraph that holds a formula too, where the page may take `$5 and $` for another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from textwrap import dedent
from typing import Final
from urllib.parse import quote

# Gradio takes out `$$…$$`, then `$…$`, before it reads the Markdown, and does not clean them. So no
# other dollar may stay, none may touch a formula's, and a lone one must not pair with a later one.
# As in `rag.answering.markers`, a dollar that stands apart is money.
FORMULA: Final = r"""(?:(?<!\$)\$\$(?!\$)[^$]+\$\$(?!\$)
    |(?<!\$)\$(?=[^\s$])[^$\n]{0,199}(?<=[^\s$])\$(?![\d$]))"""
STAND_IN: Final = "%(?=LATEX_BLOCK)"  # what Gradio leaves in a formula's place begins so
PLAIN: Final = re.compile(
    rf"""(?P<formula>{FORMULA})
      |(?P<beginning>^\d*[-+=:.)])                # of a list, an underline or a table
      |(?P<sign>[\\`*_\[\]#|~&<>$]|{STAND_IN}
        |:(?=//)|(?<=www)\.|@(?=[\w-]+\.))        # addresses would become links""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
MODEL: Final = re.compile(
    rf"""(?P<code>```.*?(?:```|\Z)|``?[^`\n]+``?)
      |(?P<formula>{FORMULA})
      |\[(?P<marker>\d{{1,3}})\](?!\()
      |\\(?P<escaped>[!-/:-@\[-`{{-~])
      |\](?P<leading>\((?!https?://)|:)           # elsewhere than to the web
      |(?P<sign>!(?=\[)|\\\Z|[&<`$]|{STAND_IN}
        |(?<=ftp):(?=//)|@(?=[\w-]+\.))           # so would these, and not to the web""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
ENTITIES: Final = "&<>$%"  # a backslash does not do for these
NO_LETTER: Final = re.compile(r"[^\w ]|_")
NOT_IN_ADDRESS: Final = re.compile(r"[\s<>\\$`\"]")


def plain_markdown(text: str) -> str:
    """Text as Markdown that shows it as it is, formulas apart."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return PLAIN.sub(_plain, lines)


def _plain(match: re.Match[str]) -> str:
    if match["formula"]:
        return escape(match[0], quote=False)
    if match["sign"] and match[0] in ENTITIES:
        return _entity(match)
    return f"{match[0][:-1]}\\{match[0][-1]}"


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def unlinked(marker: int) -> str:
    """A number in brackets that leads nowhere."""
    return rf"\[{marker}\]"


def safe_markdown(text: str, link: Callable[[int], str] = unlinked) -> str:
    """A model's Markdown without HTML and images, and with links to the web alone.

    Args:
        text: What the model wrote.
        link: The Markdown of a marker; the brackets of code and formulas are none.
    """

    def safe(match: re.Match[str]) -> str:
        return link(int(match["marker"])) if match["marker"] else _safe(match)

    return MODEL.sub(safe, text)


def _safe(match: re.Match[str]) -> str:
    if match["code"]:
        return _code(match[0])
    if match["formula"]:
        return escape(match[0], quote=False)
    if match["leading"]:
        return f"]&#{ord(match['leading'])};"
    sign = match["escaped"] or match["sign"]
    return f"&#{ord(sign)};" if match["sign"] or sign in f"{ENTITIES}`!@" else match[0]


def _code(text: str) -> str:
    """Code as HTML without a sign that Markdown, Gradio or a browser could take for its own."""
    inside = text.strip("`")
    _, newline, block = inside.partition("\n")
    if not newline:
        return f"<code>{NO_LETTER.sub(_entity, inside)}</code>"
    return f"<pre><code>{NO_LETTER.sub(_entity, dedent(block).rstrip())}</code></pre>"


def markdown_link(label: str, address: str) -> str:
    """A link with a label that shows as it is; the address is one that may be followed."""
    target = NOT_IN_ADDRESS.sub(lambda match: quote(match[0]), address)
    return f"[{plain_markdown(label)}](<{escape(target, quote=False)}>)"
