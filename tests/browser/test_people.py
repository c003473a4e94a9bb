"""A reader and an editor at one page, each in a browser of their own."""

from __future__ import annotations

from contextlib import closing, contextmanager

import pytest

from rag.library import Library
from rag.settings import Settings
from tests.support.page_server import served
from ui.server import passwords
from ui.server.access import AccessPolicy
from ui.server.accounts import AccountFile, Users, put_user

PASSWORD = "correct horse battery"
PHONE = {"width": 390, "height": 800}
CHANGES = "#library-remove, #library-merge, #paper-edit, #paper-look-up, #library-bar form[data-do]"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "COST", 32)
        patched.setattr(passwords, "PARALLEL", 1)
        file = AccountFile(tmp_path_factory.mktemp("people") / "users")
        put_user(file, "ada", PASSWORD)
        put_user(file, "rob", PASSWORD, "reader")
        yield file


@pytest.fixture(scope="module")
def address(kept, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared") / "library"
    settings = Settings(library=folder, embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest(
            [
                {"id": "cats", "title": "Cats in the Air", "abstract": "A falling cat bends."},
                {"id": "dogs", "title": "Dogs in Water", "abstract": "A wet dog shakes."},
            ]
        )
        with served(library, AccessPolicy(users=Users(kept=kept))) as address:
            yield address


def sign_in(page, name):
    page.wait_for_selector("input[type=password]")
    page.locator("input, textarea").first.fill(name)
    page.fill("input[type=password]", PASSWORD)
    page.get_by_role("button", name="Login").click()
    page.wait_for_selector("#question", timeout=60_000)


@contextmanager
def visit(browser, address, name, viewport=None):
    with closing(browser.new_context(viewport=viewport)) as context:
        page = context.new_page()
        page.goto(address)
        sign_in(page, name)
        yield page


def tick_and_open(page, address):
    page.goto(f"{address}?tab=library")
    page.wait_for_selector("table.papers [data-open]")
    for box in page.locator("table.papers tbody input[type=checkbox]").all():
        box.check()
    page.click("table.papers [data-open]")
    page.wait_for_selector("#ask-about:visible")
    page.wait_for_selector("#library-bar .ticked")


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_a_reader_sees_nothing_that_changes_papers_and_reads_why(browser, address, viewport):
    with visit(browser, address, "rob", viewport) as page:
        page.wait_for_selector(".reads-alone", state="attached")
        assert page.locator('[data-part="Add papers"]:visible').count() == 0
        tick_and_open(page, address)
        page.wait_for_selector("#library-role >> text=Your account reads")
        assert page.locator(CHANGES).locator("visible=true").count() == 0
        assert page.locator("#library-bar [data-ask-these]").is_visible()
        tabs = page.locator("#library [role=tab]:visible").all_inner_texts()
        assert tabs == ["Papers", "Topics", "Map"]


def test_an_editor_sees_all_of_it_and_no_word_of_roles(browser, address):
    with visit(browser, address, "ada") as page:
        tick_and_open(page, address)
        for part in ("#library-remove", "#library-merge", "#paper-edit", "#paper-look-up"):
            assert page.locator(part).is_visible(), part
        assert page.locator("#library-role").is_hidden()
        tabs = page.locator("#library [role=tab]:visible").all_inner_texts()
        assert tabs == ["Papers", "Topics", "Map", "Add papers"]


def test_who_signs_out_in_the_settings_is_out(browser, address):
    with visit(browser, address, "rob") as page:
        page.goto(f"{address}?tab=settings")
        page.wait_for_selector("#person >> text=Signed in as rob, a reader.")
        page.click("#person a")
        page.wait_for_selector("input[type=password]")


def test_a_session_that_is_over_is_told_and_the_question_is_kept(browser, address, kept):
    with visit(browser, address, "ada") as page:
        page.wait_for_selector("#chat .welcome:not(.is-waiting)")
        put_user(kept, "ada", PASSWORD)  # under a new salt: sessions end
        page.wait_for_timeout(1200)
        page.fill("#question textarea", "What does a falling cat do?")
        page.keyboard.press("Enter")
        page.click("#away a", timeout=20_000)
        sign_in(page, "ada")
        page.wait_for_function(
            "document.body.innerText.includes('falling cat') "
            "|| document.querySelector('#question textarea').value.includes('falling cat')"
        )


def test_a_token_for_a_program_is_shown_once_in_the_settings(browser, address):
    with visit(browser, address, "rob", PHONE) as page:
        page.goto(f"{address}?tab=settings")
        page.fill("#programs input", "notebook")
        page.click("#programs >> text=Make a token")
        secret = page.inner_text("#programs .secret code")
        assert secret.startswith("paperchat_")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(f"{address}?tab=settings")
        page.wait_for_selector("#programs >> text=not used yet")
        assert secret not in page.content()
        page.click("#programs >> text=Revoke")
        page.wait_for_selector("#programs >> text=Revoked.")
        assert page.locator("#programs li").count() == 0
