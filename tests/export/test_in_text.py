"""References within a text, as author-date styles write them."""

from __future__ import annotations

import pytest

from rag.export import render_in_text
from rag.types import Paper


@pytest.mark.parametrize(
    ("authors", "published", "reference"),
    [
        (("Ada Kessel",), "2021-03", "(Kessel, 2021)"),
        (("Kessel, Ada", "Bo van der Tee"), "2021", "(Kessel & van der Tee, 2021)"),
        (("Ada Kessel", "Bo Tee", "Cy Dorn"), None, "(Kessel et al., n.d.)"),
        (("The Dam Team",), "1999", "(The Dam Team, 1999)"),
        ((), "2020", "(“Beavers Build Dams of…”, 2020)"),
    ],
)
def test_a_reference_names_up_to_two_authors_and_the_year(authors, published, reference):
    paper = Paper("p", "Beavers Build Dams of Wood", "They do.", authors, published)
    assert render_in_text(paper) == reference
