"""How a service is asked: its pace, its patience, and what is no answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from rag.errors import SourceUnavailableError
from rag.lookup.web import Manners, Service


@pytest.fixture
def asked(service, clock):
    """A service asked at `/x`; keywords are those of `Manners`."""

    def made(timeout_s=5.0, contact="", **others):
        manners = Manners(advice="Do something.", **others)
        return Service(
            "Beavers",
            service.url,
            manners,
            timeout_s=timeout_s,
            contact=contact,
            sleep=clock.sleep,
            clock=clock,
        )

    return made


def test_a_service_is_asked_at_its_pace(service, clock, asked):
    service.answer("/x", {})
    beavers = asked(pace_s=3.0)
    for _ in range(3):
        beavers.fetch_json("/x")
        clock.now += 1.0
    assert clock.slept == [2.0, 2.0]


def test_the_user_agent_names_the_program_and_the_users_address(service, asked):
    service.answer("/x", {})
    asked(headers={"x-api-key": "k"}, contact="ada@example.org").fetch("/x", {"q": "a b"})
    assert service.headers[0]["User-Agent"].startswith("paperchat/")
    assert service.headers[0]["User-Agent"].endswith("(mailto:ada@example.org)")
    assert service.headers[0]["x-api-key"] == "k"
    assert service.asked == [("/x", {"q": "a b"})]


def test_what_is_not_there_is_none(service, asked):
    assert asked().fetch("/x") is None


def test_a_service_that_asks_to_wait_is_asked_again_as_late_as_it_says(service, clock, asked):
    service.answer("/x", status=429, headers={"Retry-After": "7"}).answer("/x", {"a": 1})
    assert asked().fetch_json("/x") == {"a": 1}
    assert clock.slept == [7.0]


def test_the_time_to_wait_may_be_told_as_a_time_of_day(service, clock, asked):
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    service.answer("/x", status=503, headers={"Retry-After": until}).answer("/x", {})
    asked().fetch_json("/x")
    assert 20 < clock.slept[0] <= 30


def test_a_service_that_does_not_say_how_long_is_asked_ever_later_and_then_given_up(
    service, clock, asked
):
    service.answer("/x", status=429)
    with pytest.raises(SourceUnavailableError, match=r"Beavers could not be asked .*429"):
        asked().fetch("/x")
    assert clock.slept == [2.0, 4.0, 8.0]
    assert len(service.asked) == 4


def test_a_service_that_asks_for_too_much_patience_is_given_up_at_once(service, clock, asked):
    service.answer("/x", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(SourceUnavailableError, match=r"asks to wait 3600 s.*Do something"):
        asked().fetch("/x")
    assert clock.slept == []


@pytest.mark.parametrize("told", ["soon", "-1", "Tue, 99 Foo"])
def test_a_wait_that_cannot_be_understood_is_as_good_as_none(service, clock, asked, told):
    service.answer("/x", status=429, headers={"Retry-After": told}).answer("/x", {"a": 1})
    assert asked().fetch_json("/x") == {"a": 1}
    assert clock.slept == [2.0]


@pytest.mark.parametrize("status", [400, 401, 403, 418])
def test_a_refusal_is_told_and_not_tried_again(service, asked, status):
    service.answer("/x", "no", status=status)
    with pytest.raises(SourceUnavailableError, match=str(status)):
        asked().fetch("/x")
    assert len(service.asked) == 1


@pytest.mark.parametrize("body", ["<html>A page</html>", "", "{", "[" * 100_000, b"\xff\xfe\x00"])
def test_what_is_no_json_is_told(service, asked, body):
    service.answer("/x", body)
    with pytest.raises(SourceUnavailableError, match="not a list of papers"):
        asked().fetch_json("/x")


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><feed>&b;</feed>'


@pytest.mark.parametrize(
    "body",
    [
        "<html>A page",
        "<html/>",
        BOMB,
        BOMB.encode("utf-16"),  # what hides the declaration from a look at the bytes
        '<?xml version="1.0" encoding="utf-7"?><feed/>',
        "",
    ],
)
def test_what_is_no_feed_is_told_and_entities_are_never_expanded(service, asked, body):
    service.answer("/x", body)
    beavers = asked()
    with pytest.raises(SourceUnavailableError, match="not a list of papers"):
        beavers.xml_of(beavers.fetch("/x"), "feed")


def test_an_endless_answer_is_cut_off(service, asked, monkeypatch):
    monkeypatch.setattr("rag.lookup.web.MOST_BYTES", 1000)
    service.answer("/x", "x" * 5000)
    with pytest.raises(SourceUnavailableError, match="longer than"):
        asked().fetch("/x")


def test_a_trickling_answer_is_given_up(service, asked):
    service.answer("/x", "x" * 200_000)
    beavers = asked()
    ticks = iter(range(0, 10_000, 200))
    beavers._clock = lambda: next(ticks)  # each look at the clock is 200 s later
    with pytest.raises(SourceUnavailableError, match="took longer"):
        beavers.fetch("/x")


def test_without_a_network_one_sentence_says_so_and_what_to_do():
    nowhere = Service("Beavers", "http://127.0.0.1:9", Manners(), timeout_s=5.0)
    with pytest.raises(SourceUnavailableError, match="Could not reach Beavers") as raised:
        nowhere.fetch("/x")
    assert raised.value.retryable
    assert len(str(raised.value).splitlines()) == 1
    assert "Check the network" in str(raised.value)
