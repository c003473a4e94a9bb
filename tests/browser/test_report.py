"""The report of a run in a real browser: it filters, searches, and fits a phone."""

from __future__ import annotations

from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe

from eval.report import write_reports
from eval.run.runner import Run
from tests.support.eval_records import EVIL, record, summary_of

pytestmark = pytest.mark.browser


def test_the_page_filters_searches_and_fits_a_phone(browser, tmp_path):
    many = [record(f"q{n}", {"mrr": 1.0, "must_mention": n % 2}) for n in range(60)]
    records = [*many, record("evil", {"hit@5": 0.0}, answer=EVIL, question=EVIL)]
    path = write_reports(Run(summary_of(*records), tuple(records), tmp_path))
    with closing(browser.new_page(viewport={"width": 390, "height": 800})) as page:
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri())
        assert page.locator("#count").inner_text().startswith("31 of 61")  # those with a problem
        page.select_option("#problem", "")
        assert page.locator("#questions details").count() == 25
        page.click("#more")
        assert page.locator("#questions details").count() == 50
        page.fill("#search", "about q7?")
        assert page.locator("#questions details").count() == 1
        page.fill("#search", "onerror")
        page.locator("#questions summary").click()
        assert EVIL in page.locator("#questions .answer").inner_text()
        assert page.title() == "tea set, 2024-05-06"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert errors == []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
