"""Look papers up where they are catalogued: arXiv, Crossref, OpenAlex, Semantic Scholar, Zotero.

One module a service; each asks over `web` and has its answers read by `rag.readers`. What stands
here is what the help says of them, and loads none.
"""

from __future__ import annotations

from typing import Final

MOST_FOUND: Final = 100  # papers that a query brings where nothing else is asked for
EVERY_S: Final = 30.0  # seconds from one look at a running Zotero to the next

# What users may type, for the help.
LOOKUPS: Final = (
    'a DOI, an arXiv id, doi:10…, arxiv:ID or arxiv:"cat:cs.LG AND ti:hopfield", crossref:WORDS, '
    "openalex:ID or WORDS, s2:ID or WORDS, pmid:NUMBER, zotero: or zotero:COLLECTION"
)
