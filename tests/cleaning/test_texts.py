"""Cleaning what sources write around titles and abstracts."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.cleaning import clean_abstract, clean_text, clean_title, latex
from rag.cleaning.formulas import formula_text, kept_formula
from rag.cleaning.latex import DOLLAR, plain_text
from rag.export.latex import latex_text
from rag.text import UNWANTED, one_line

DOCUMENT = (
    r"\documentclass[12pt]{minimal} \usepackage{amsmath} \setlength{\oddsidemargin}{-69pt}"
    r" \begin{document}$$6\times$$\end{document}"
)
ESCAPED = (
    r"{\backslash}documentclass[12pt]{\{}minimal{\}} {\backslash}begin{\{}document{\}}"
    r"{\$}{\$}x{\_}i{\$}{\$}{\backslash}end{\{}document{\}}"
)


@pytest.mark.parametrize("is_latex", [True, False])
@pytest.mark.parametrize(
    ("written", "formula"),
    [
        (DOCUMENT, "6×"),
        (f"<tex-math>{DOCUMENT}</tex-math>", "6×"),
        (ESCAPED, "$x_i$"),
        (f"{DOCUMENT} or {ESCAPED}", "6× or $x_i$"),
        (r"\documentclass{minimal} \begin{document}\end{document}", ""),
    ],
)
def test_of_a_document_around_a_formula_the_formula_stays(written, formula, is_latex):
    text = clean_abstract(f"Pots ring {written} as long.", is_latex=is_latex)
    assert text == " ".join(f"Pots ring {formula} as long.".split())


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"Pots at 5~$^{\circ}$C", "Pots at 5 °C"),
        (r"Pots at $90^\circ$ and 10$^o$N", "Pots at 90° and 10°N"),
        (r"A map $f^\circ$ of $n^2$ pots", r"A map $f^\circ$ of $n^2$ pots"),
        (r"{\bf Slow} and {\sc Slower} \emph{pots}", "Slow and Slower pots"),
    ],
)
def test_a_title_keeps_formulas_and_reads_degrees(written, text):
    assert clean_title(written, is_latex=True) == text


def test_headings_of_an_abstract_end_in_a_colon():
    text = clean_abstract("<h4>Methods</h4>We rang pots.<h4>Abstract</h4>They rang.")
    assert text == "Methods: We rang pots. They rang."


@pytest.mark.parametrize(
    "notice",
    [
        "[ABSTRACT FROM AUTHOR]",
        "[ABSTRACT FROM AUTHOR] Copyright of Seats & Sums is the property of Seat House and its"
        " content may not be copied without the copyright holder's express written permission."
        " However, users may print articles for individual use.",
        "Copyright of Seats is the property of Seat House and its content may not be copied or"
        " emailed without permission. [ABSTRACT FROM PUBLISHER]",
        "(Author abstract)",
    ],
)
def test_whose_property_an_abstract_is_stands_not_in_it(notice):
    abstract = "The most frequent answer was the wall to lean on."
    assert clean_abstract(f"{abstract} {notice}") == abstract


def test_an_abstract_on_property_stays_whole():
    abstract = "The land is the property of the town, and may not be sold (Author abstract)ly."
    assert clean_abstract(abstract) == abstract


@given(
    st.text(
        st.one_of(st.sampled_from("-'`?!<>&;=ab\u00e9 .,\n\t\u00a0"), st.characters()), max_size=60
    )
)
def test_text_without_latex_is_cleaned_as_if_read_sign_by_sign(text):
    if latex._has_mark(text):
        return
    quick = clean_text(text, is_latex=True)
    with patch.object(latex, "_has_mark", lambda _: True):
        assert quick == clean_text(text, is_latex=True)


@given(st.text("\\$ab{}", max_size=30))
def test_dollars_are_counted_as_if_sign_by_sign(text):
    expected = sum(mark[0] == "$" for mark in DOLLAR.finditer(text))
    assert latex._count_dollars(text) == expected


@given(
    st.lists(
        st.sampled_from(
            (
                *("$", "$$", "\\", "a", " ", "--", "-", "`", "'", "?", "{", "}", "~", "\n", "é"),
                *("$x$", "$\\times 10^{5}$", "$\\mathcal{O}(n)$", "\\'e", "\\(", "\\)", "\\$"),
                "\\alpha ",
            )
        )
    ).map("".join)
)
def test_text_with_formulas_alone_is_read_as_all_latex_is(text):
    for keeps in (False, True):
        assert plain_text(text, keeps_formulas=keeps) is not None
        signs = latex._Reader(text, is_latex=True, keeps_formulas=keeps).read()
        found = latex._with_formulas_alone(text, kept_formula if keeps else formula_text)
        assert found in (None, signs)


@given(st.text(), st.integers(0, 200))
def test_long_texts_are_put_on_one_line_as_short_ones_are(text, spaces):
    assert one_line(text + "x" * spaces) == " ".join(
        (UNWANTED.sub("", text) + "x" * spaces).split()
    )


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"{$\alpha$}-helices, p {$<$} 0.05", "α-helices, p < 0.05"),
        (r"{$\Delta$}T {$\geq$} 3 {$\pm$} 1 h, {$\sim$}2", "ΔT ≥ 3 ± 1 h, ∼2"),
        (r"H{$_2$}O at {$-$}4 h{$^{-1}$} of {$^{13}$}C", "H₂O at −4 h⁻¹ of ¹³C"),
        (
            r"{$R^2$} and {$\mathcal{O}(n)$} and $\alpha$",
            r"$R^2$ and $\mathcal{O}(n)$ and $\alpha$",
        ),
        (r"{\mbox{$\times$}} better, \emph{$\beta$}-fold", "× better, β-fold"),
        (r"{$\input$} {$\backslash$}", r"$\input$ $\backslash$"),
    ],
)
def test_a_sign_that_stands_in_a_formula_of_its_own_in_braces_is_text(latex, text):
    assert plain_text(latex) == text


@given(st.text("αΔβ≥−⁻¹₂₀ aλόγος<_\\1", max_size=12))
def test_signs_that_latex_has_in_formulas_alone_come_back(text):
    assert plain_text(latex_text(text)) == one_line(text)
