"""Answers of services and exports of programs: the same paper in the nestings that each has."""

from __future__ import annotations

import json

import pytest

from rag.readers import read_sources
from rag.readers.named_values import date_of, people_in
from rag.types import Paper, Rejection

TITLE = "Kettles that hum in tune"
ABSTRACT = "We tuned 12 kettles to one pitch. Two of them kept it for a week."
PEOPLE = [{"family": "Kessel", "given": "Ada"}, {"family": "de Tee", "given": "Bo"}]
DOI = "10.5555/hum.12"
REFERENCES = [{"title": "Another's work", "abstract": "It is not the paper.", "doi": "10.5555/no"}]
# One paper, as each of the kinds of services nests it.
SHAPES = {
    "values in lists": {
        "numFound": 1,
        "response": {
            "docs": [
                {
                    **{"title": [TITLE], "abstract": [ABSTRACT], "doi": [DOI]},
                    **{"author": ["Kessel, Ada", "de Tee, Bo"], "pubdate": "2019-05-00"},
                }
            ]
        },
    },
    "names of Solr fields": {
        "response": {
            "docs": [
                {
                    **{"title_s": [TITLE], "abstract_s": [ABSTRACT], "doiId_s": DOI},
                    **{"authFullName_s": ["Ada Kessel", "Bo de Tee"], "producedDateY_i": 2019},
                }
            ]
        }
    },
    "metadata in hits": {
        "hits": {
            "total": 1,
            "hits": [
                {
                    "created": "2024-01-01",
                    "metadata": {
                        "titles": [{"title": TITLE, "source": "shelf"}],
                        "abstracts": [{"value": ABSTRACT}, {"value": "A second version of it."}],
                        "authors": [{"full_name": "Kessel, Ada"}, {"full_name": "de Tee, Bo"}],
                        "dois": [{"value": DOI}],
                        "preprint_date": "2019-05-02",
                        "references": [{"reference": each} for each in REFERENCES],
                    },
                }
            ],
        }
    },
    "attributes": {
        "data": [
            {
                "id": DOI,
                "type": "dois",
                "attributes": {
                    "titles": [{"title": TITLE, "lang": "en"}],
                    "creators": [
                        {"name": "Kessel, Ada", "givenName": "Ada", "familyName": "Kessel"},
                        {"name": "de Tee, Bo", "nameType": "Personal"},
                    ],
                    "descriptions": [
                        {"description": "Kept in a drawer.", "descriptionType": "Other"},
                        {"description": ABSTRACT, "descriptionType": "Abstract"},
                    ],
                    "dates": [{"date": "2021", "dateType": "Updated"}],
                    "publicationYear": 2019,
                    "doi": DOI,
                },
            }
        ]
    },
    "content of values": {
        "notes": [
            {
                "id": "aB1",
                "content": {
                    "title": {"value": TITLE},
                    "abstract": {"value": ABSTRACT},
                    "authors": {"value": ["Ada Kessel", "Bo de Tee"]},
                    "year": {"value": 2019},
                    "html": {"value": f"https://doi.org/{DOI}"},
                    "doi": {"value": DOI},
                },
            }
        ]
    },
    "a list in a list": {
        "resultList": {
            "result": [
                {
                    **{"title": TITLE, "abstractText": ABSTRACT, "doi": DOI, "pubYear": "2019"},
                    "authorString": "Kessel A, de Tee B.",
                    "authorList": {
                        "author": [
                            {"fullName": "Kessel A", "firstName": "Ada", "lastName": "Kessel"},
                            {"fullName": "de Tee B", "firstName": "Bo", "lastName": "de Tee"},
                        ]
                    },
                    "journalInfo": {"journal": {"title": "Minor Sounds"}},
                    "firstPublicationDate": "2018-12-30",
                }
            ]
        }
    },
    "a collection": {
        "messages": [{"status": "ok"}],
        "collection": [
            {
                **{"title": TITLE, "abstract": ABSTRACT, "doi": DOI, "date": "2019-05-02"},
                **{"authors": "Kessel, Ada; de Tee, Bo", "published": "NA", "type": "new"},
            }
        ],
    },
    "authors in authors": {
        "articles": [
            {
                **{"title": TITLE, "abstract": ABSTRACT, "doi": DOI, "publication_year": 2019},
                "authors": {"authors": [{"full_name": "Ada Kessel"}, {"full_name": "Bo de Tee"}]},
            }
        ]
    },
    "capitals below results": {
        "query": {"title": "kettles"},
        "results": {
            "total": 1,
            "documents": [
                {
                    **{"Title": TITLE, "Abstract": ABSTRACT, "DOI": DOI, "Year": "2019"},
                    "Authors": "Kessel, Ada; de Tee, Bo",
                }
            ],
        },
    },
    "keyed by id": {
        DOI: {"title": TITLE, "abstract": ABSTRACT, "author": PEOPLE, "year": 2019.0},
    },
    "a titled list": {
        "title": "My shelf",
        "papers": [
            {"title": TITLE, "abstract": ABSTRACT, "authors": PEOPLE, "year": 2019, "doi": DOI}
        ],
    },
    "ids by their types": {
        "title": TITLE,
        "abstract": [
            {"label": "METHODS", "text": "We tuned 12 kettles to one pitch."},
            {"label": "RESULTS", "text": "Two of them kept it for a week."},
        ],
        "authors": [
            {"first_name": "Ada", "last_name": "Kessel"},
            {"first_name": "Bo", "last_name": "de Tee"},
        ],
        "year_published": 2019,
        "external_ids": [{"type": "magid", "value": "7"}, {"type": "doi", "value": DOI}],
        "source": {"title": "Minor Sounds"},
        "references": REFERENCES,
    },
    "names with prefixes": {
        "search-results": {
            "entry": [
                {
                    **{"dc:title": TITLE, "dc:description": ABSTRACT, "prism:doi": DOI},
                    **{"prism:coverDate": "2019-05-02", "dc:identifier": "SCOPUS_ID:1"},
                    "author": [
                        {"given-name": "Ada", "surname": "Kessel"},
                        {"given-name": "Bo", "surname": "de Tee"},
                    ],
                }
            ]
        }
    },
    "paragraphs": {
        "records": [
            {
                **{"title": TITLE, "doi": DOI, "publicationDate": "2019-05-02"},
                "abstract": {
                    "h1": "Abstract",
                    "p": ["We tuned 12 kettles to one pitch.", "Two of them kept it for a week."],
                },
                "creators": [{"creator": "Kessel, Ada"}, {"creator": "de Tee, Bo"}],
            }
        ]
    },
    "ids beside an article": [
        {
            "article": {
                **{"title": TITLE, "abstract": ABSTRACT, "year": 2019},
                "authors": ["Ada Kessel", "Bo de Tee"],
            },
            "ext_ids": {"doi": DOI},
        }
    ],
    "titles by their types": {
        "Data": {
            "Records": {
                "records": {
                    "REC": [
                        {
                            "UID": "X:1",
                            "static_data": {
                                "summary": {
                                    "titles": {
                                        "title": [
                                            {"type": "source", "content": "Sounds"},
                                            {"type": "item", "content": TITLE},
                                        ]
                                    },
                                    "names": {
                                        "name": [
                                            {"role": "author", **PEOPLE[0]},
                                            {"role": "author", **PEOPLE[1]},
                                            {"role": "editor", "name": "Dry, Ed"},
                                        ]
                                    },
                                    "pub_info": {"pubyear": 2019},
                                },
                                "fullrecord_metadata": {
                                    "abstracts": {"abstract": {"abstract_text": {"p": [ABSTRACT]}}}
                                },
                            },
                            "identifiers": {"identifier": [{"type": "doi", "value": DOI}]},
                        }
                    ]
                }
            }
        }
    },
    "a title and an abstract apart": {
        "paper_id": "ab12",
        "metadata": {
            "title": TITLE,
            "authors": [
                {"first": "Ada", "middle": [], "last": "Kessel", "affiliation": {}},
                {"first": "Bo", "middle": [], "last": "de Tee"},
            ],
        },
        "abstract": [{"text": ABSTRACT, "cite_spans": [], "section": "Abstract"}],
        "body_text": [{"text": "Long."}],
        "bib_entries": {"B1": {"title": "Another's work", "year": 1999}},
        "doi": DOI,
        "year": 2019,
    },
    "languages": [
        None,
        {
            "title": {"de": "Kessel, die gestimmt summen", "en": TITLE},
            **{"abstract": {"en": ABSTRACT}, "authors": PEOPLE, "doi": DOI, "year": 2019},
        },
    ],
    "a name above an abstract": {
        "results": [
            {
                **{"name": TITLE, "abstract": ABSTRACT, "year": 2019, "doi": DOI},
                "authors": [{"fullname": "Ada Kessel"}, {"fullname": "Bo de Tee"}],
            }
        ]
    },
    "parts of a date": {
        **{"title": TITLE, "abstract": ABSTRACT, "author": PEOPLE, "doi": DOI, "kind": "article"},
        "published": {"year": "2019", "month": "05"},
    },
}


def saved(folder, value):
    path = folder / "answer.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1))
    return path


@pytest.mark.parametrize("shape", SHAPES)
def test_a_paper_is_found_however_its_values_are_nested(tmp_path, shape):
    items = read_sources([saved(tmp_path, SHAPES[shape])])
    (paper,) = (each for each in items if not isinstance(each, Rejection))
    assert isinstance(paper, Paper)
    assert (paper.title, paper.authors, paper.year) == (TITLE, ("Ada Kessel", "Bo de Tee"), 2019)
    assert paper.abstract.replace("METHODS: ", "").replace("RESULTS: ", "") == ABSTRACT
    assert paper.link == f"https://doi.org/{DOI}"


@pytest.mark.parametrize(
    "value",
    [
        {"data": [{"id": "1", "attributes": {"name": "A lamp", "price": 12}}]},
        {"features": [{"properties": {"title": "A hill"}, "geometry": {"type": "Point"}}]},
        {"info": {"title": "Lamps", "description": "What the service lends. And takes back."}},
        {"features": [{"properties": {"title": "A hill", "description": "High. Green."}}]},
        {"metadata": {"title": "Notes"}, "cells": [{"outputs": [{"text": ["It rang. Twice."]}]}]},
        {"title": "A page", "journal": {"abstract": "What the journal says of itself."}},
    ],
)
def test_data_of_other_things_has_no_paper(tmp_path, value):
    assert all(isinstance(each, Rejection) for each in read_sources([saved(tmp_path, value)]))


def test_what_is_no_number_is_unknown(tmp_path):
    text = f'{{"title": "{TITLE}", "abstract": "{ABSTRACT}", "year": NaN, "doi": NaN}}\n'
    (paper,) = read_sources([saved(tmp_path, text * 1)])
    assert (paper.year, paper.address) == (None, "")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ([{"first": "Ada", "middle": ["J.", "R."], "last": "Kessel"}], ["Ada J. R. Kessel"]),
        (
            [{"first": "Bo", "middle": [], "last": "de Tee", "suffix": "Jr."}],
            ["Bo de Tee Jr."],
        ),
        ([{"author": {"name": "Ada Kessel"}}, {"name": "Pot, Cy"}], ["Ada Kessel", "Cy Pot"]),
        ([{"role": "editor", "name": "Ada Kessel"}, {"name": "Cy Pot"}], ["Cy Pot"]),
        ({"author": ["Kessel, Ada"]}, ["Ada Kessel"]),
        ({"nothing": 1}, []),
    ],
)
def test_people_are_found_in_what_wraps_them(given, names):
    assert people_in(given) == names


@pytest.mark.parametrize(
    ("given", "date"),
    [
        ({"date-parts": [[2019, 5]]}, "2019-05"),
        ({"year": 2019, "month": "May", "day": "2"}, "2019-05-02"),
        ([{"date": "2021", "type": "Updated"}, {"date": "2019", "type": "Issued"}], "2019"),
        (2019.0, "2019"),
        ("NA", ""),
        ({"a": {"b": []}}, ""),
    ],
)
def test_a_date_is_read_in_whatever_parts_it_has(given, date):
    assert date_of(given) == date


ROWS = [{"title": "Sundials", "abstract": "They run at noon.", "year": 2008}]
ROWS.append({"title": "Moon dials", "abstract": "They run at night.", "year": 2009})
TABLES = {
    "columns": {key: {str(n): row[key] for n, row in enumerate(ROWS)} for key in ROWS[0]},
    "columns and data": {
        "columns": list(ROWS[0]),
        "index": [0, 1],
        "data": [list(row.values()) for row in ROWS],
    },
    "rows by number": {str(n): row for n, row in enumerate(ROWS)},
    "rows in rows": {"features": [{"name": "title"}], "rows": [{"row": row} for row in ROWS]},
    "types told": [{**row, "year": {"$numberInt": str(row["year"])}} for row in ROWS],
    "days in milliseconds": [
        {**ROWS[0], "year": {"$date": {"$numberLong": "1200000000000"}}},
        {**ROWS[1], "year": {"$date": "2009-05-01T00:00:00Z"}},
    ],
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_read_in_each_of_the_ways_it_is_written(tmp_path, table):
    path = tmp_path / "table.json"
    path.write_text(json.dumps(TABLES[table]), "utf-8")
    found = [(each.title, each.abstract, each.year) for each in read_sources([path])]
    assert found == [tuple(row.values()) for row in ROWS]


@pytest.mark.parametrize(
    "told",
    [
        {"paperAbstract": "Wind dries shirts."},
        {"abstract": {"Results": "Wind dries shirts."}},
        {"indexed_abstract": {"InvertedIndex": {"dries": [1], "Wind": [0], "shirts.": [2]}}},
    ],
)
def test_an_abstract_is_read_as_services_have_it(tmp_path, told):
    path = tmp_path / "one.json"
    path.write_text(json.dumps([{"title": "Clotheslines", **told}]), "utf-8")
    (paper,) = read_sources([path])
    assert paper.abstract.removeprefix("Results: ") == "Wind dries shirts."


def test_an_address_of_arxiv_gives_its_id(tmp_path):
    item = {"entry_id": "http://arxiv.org/abs/2110.44444v1", "title": TITLE, "summary": ABSTRACT}
    path = tmp_path / "one.json"
    path.write_text(json.dumps([item]), "utf-8")
    (paper,) = read_sources([path])
    assert paper.link == "https://arxiv.org/abs/2110.44444"


@pytest.mark.parametrize("date", [10**400, -(10**20), "soon", None, True, [], {"$numberInt": "x"}])
def test_a_wrapped_date_that_is_none_costs_nothing_else(tmp_path, date):
    path = tmp_path / "one.jsonl"
    line = {"title": TITLE, "abstract": ABSTRACT, "year": {"$date": date}}
    path.write_text(json.dumps(line), "utf-8")
    (paper,) = read_sources([path])
    assert (paper.title, paper.year) == (TITLE, None)


@pytest.mark.parametrize("name", ["subject", "value", "keyword", "term"])
def test_keywords_are_found_below_their_names(tmp_path, name):
    path = tmp_path / "one.json"
    tags = [{name: "steam", "lang": "en"}, {name: "sound"}]
    found = {"titles": [{"title": TITLE}], "abstract": ABSTRACT, "keywords": tags}
    path.write_text(json.dumps([found]))
    (paper,) = read_sources([path])
    assert paper.tags == ("steam", "sound")
