"""Processes of a group count questions and wrong passwords together."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import update

from rag.store.postgres import PostgresDatabase
from rag.store.schema import bucket, sign_in
from rag.userdata.limits import SharedBucket, SharedTries
from ui.server.access import AccessPolicy


@pytest.fixture
def databases(postgres):
    """Of two processes."""
    url = postgres.new_database()
    both = (PostgresDatabase(url), PostgresDatabase(url))
    yield both
    for each in both:
        each.close()


def let_pass(database, table, column, seconds):
    """Have so much time go by since what was counted."""
    with database.writing() as connection:
        connection.execute(update(table).values({column: table.c[column] - seconds}))


def test_a_second_process_does_not_double_a_rate(databases):
    one, other = (SharedBucket(each, "visitor", 6) for each in databases)
    assert [each.wait_s("a") for each in (one, other) * 3] == [0.0] * 6
    assert 9 < other.wait_s("a") <= 10
    assert one.wait_s("b") == 0
    assert SharedBucket(databases[0], "address", 6).wait_s("a") == 0
    let_pass(databases[0], bucket, "since", 10)
    assert one.wait_s("a") == 0
    assert other.wait_s("a") > 0


def test_questions_of_many_threads_are_counted_one_by_one(databases):
    buckets = [SharedBucket(each, "visitor", 5) for each in databases]
    waits = []

    def ask(number):
        waits.append(buckets[number % 2].wait_s("a"))

    work = [threading.Thread(target=ask, args=(n,)) for n in range(16)]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert waits.count(0.0) == 5


def test_who_is_away_is_forgotten(databases):
    one = SharedBucket(databases[0], "visitor", 5)
    for name in "abc":
        one.wait_s(name)
    let_pass(databases[0], bucket, "since", 61)
    one.wait_s("d")
    with databases[1].reading() as connection:
        assert [row.client for row in connection.execute(bucket.select())] == ["visitor d"]


def test_tries_to_sign_in_count_wherever_they_are_made(databases):
    one, other = (SharedTries(each, 3, 4, 300.0) for each in databases)
    for each in (one, other, one):
        assert other.wait_s("1.2.3.4") == 0
        assert each.begin("1.2.3.4", "ada") == 0
    assert 299 < other.begin("1.2.3.4", "ada") <= 300
    assert other.begin("5.6.7.8", "ada") == 0
    assert one.begin("9.9.9.9", "ada") > 299  # the account, from anywhere
    assert one.begin("9.9.9.9", "bob") == 0
    let_pass(databases[0], sign_in, "tried_at", 300)
    assert [one.begin("1.2.3.4", "eve") for _ in range(3)] == [0.0] * 3
    other.succeed("1.2.3.4", "ada")
    assert one.begin("1.2.3.4", "ada") > 0
    other.succeed("1.2.3.4", "eve")
    assert one.begin("1.2.3.4", "ada") == 0


def test_tries_of_many_threads_are_counted_one_by_one(databases):
    counts = [SharedTries(each, 5, 10, 300.0) for each in databases]
    waits = []

    def guess(number):
        waits.append(counts[number % 2].begin("1.2.3.4", "ada"))

    work = [threading.Thread(target=guess, args=(n,)) for n in range(16)]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert waits.count(0.0) == 5


def test_the_page_counts_in_its_own_process_while_the_database_is_away():
    away = PostgresDatabase("postgresql://127.0.0.1:9/none")
    access = AccessPolicy(rate_limit=1, database=away)
    assert access.wait_s("user ada") == 0
    assert access.wait_s("user ada") > 0
    for _ in range(5):
        assert access.tries.begin("1.2.3.4", "ada") == 0
    assert access.tries.wait_s("1.2.3.4") > 0
