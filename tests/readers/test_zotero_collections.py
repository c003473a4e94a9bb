"""The collections that stand beside the items of a Better BibTeX JSON file."""

from __future__ import annotations

import json

import pytest

from rag.readers import read_sources
from rag.types import Paper

ABSTRACT = "We tuned twelve kettles to one pitch, and two of them kept it for a week."


def kept(tmp_path, items, collections):
    """The collections of every paper of a file, by title."""
    file = tmp_path / "library.json"
    config = {"label": "BetterBibTeX JSON"}
    file.write_text(json.dumps({"config": config, "collections": collections, "items": items}))
    return {
        each.title: each.collections for each in read_sources([file]) if isinstance(each, Paper)
    }


def item(number, title, **more):
    kind = {"itemType": "journalArticle", "title": title, "abstractNote": ABSTRACT}
    return {"itemID": number, "itemKey": f"KEY{number}", **kind, **more}


def collection(key, name, items, parent=False):
    return {"key": key, "name": name, "parent": parent, "items": items, "collections": []}


def test_items_are_in_the_collections_that_have_them(tmp_path):
    items = [item(1, "Kettles that hum"), item(2, "Teapots that drip"), item(3, "Loose leaves")]
    shelves = {
        "AAA": collection("AAA", "Thesis", [1, 2]),
        "BBB": collection("BBB", "Chapter 3: Méthodes", [2], parent="AAA"),
    }
    assert kept(tmp_path, items, shelves) == {
        "Kettles that hum": ("Thesis",),
        "Teapots that drip": ("Thesis", "Thesis/Chapter 3: Méthodes"),
        "Loose leaves": (),
    }


def test_items_are_also_named_by_their_keys(tmp_path):
    shelves = {"AAA": collection("AAA", "Tea", ["KEY1"])}
    assert kept(tmp_path, [item(1, "Kettles that hum")], shelves) == {"Kettles that hum": ("Tea",)}


def test_a_slash_in_a_name_makes_no_nested_collection(tmp_path):
    shelves = {"AAA": collection("AAA", "Tea/coffee", [1])}
    assert kept(tmp_path, [item(1, "Kettles")], shelves) == {"Kettles": ("Tea coffee",)}


@pytest.mark.parametrize(
    "collections",
    [
        {},
        [],
        "AAA",
        {"AAA": None},
        {"AAA": {"name": 7, "items": [1]}},
        {"AAA": {"name": "Tea", "items": None}},
        {"AAA": {"name": "Tea", "items": [9, [], {}]}},
    ],
)
def test_what_is_no_collection_names_none(tmp_path, collections):
    assert kept(tmp_path, [item(1, "Kettles", collections=["AAA"])], collections) == {"Kettles": ()}


def test_collections_that_lie_in_each_other_end(tmp_path):
    shelves = {
        "AAA": collection("AAA", "A", [1], parent="BBB"),
        "BBB": collection("BBB", "B", [], parent="AAA"),
    }
    (names,) = kept(tmp_path, [item(1, "Kettles")], shelves).values()
    assert names[0].endswith("B/A")
