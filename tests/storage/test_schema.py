"""Schemas of the article record: each version keeps its own, none changes without a new number, old archives go on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.article import Reading, SecondReading, TextBlock
from storage import keys, open_archive, record
from storage.record import Json
from storage.run import visit
from storage.text.identity import content_hash
from storage.verify.schema import problems
from tests.storage.newsroom import CAPTURE, article, keep_all

DIGESTS = {
    1: "62c812c1d9ee9ab114283e6d3ae7fe2c11076fc6cdb9477599d7ef8e8c6d7a05",
    2: "65321f909ddce64851bd2574fa5d5f65108fe5766449c1e8b303c3812a488156",
}
"""Of each schema as it was published: whoever changes one adds a number instead."""
BLOCKS = (
    TextBlock("heading", "الطريق", 2),
    TextBlock("paragraph", "أعلن المجلس إعادة فتح السوق."),
    TextBlock("list_item", "بند", 1),
    TextBlock("quote", "قال التجار: عدنا."),
    TextBlock("table_row", "الكلفة 30"),
)


def test_no_schema_changes_without_a_new_number() -> None:
    """What archives hold and consumers pin is for ever."""
    assert set(DIGESTS) == set(keys.ARTICLE_SCHEMAS)
    assert max(DIGESTS) == record.SCHEMA_VERSION
    assert {version: hashlib.sha256(record.schema(version)).hexdigest() for version in DIGESTS} == DIGESTS


def _kept(**changes: object) -> Json:
    told = replace(article(1), **changes)  # type: ignore[arg-type]
    digest = content_hash(told.headline, told.body)
    return record.record(told, CAPTURE, content_hash=digest, revision=1, previous=None, run_id="r")


def as_version_1(kept: Json) -> Json:
    """A record as Warraq wrote it before schema 2."""
    return {name: value for name, value in kept.items() if name not in {"blocks", "reading"}} | {"schema_version": 1}


def test_a_record_tells_its_structure_and_how_sure_the_reader_was() -> None:
    reading = Reading(("no-layout",), SecondReading("trafilatura", 120, 0.5))
    kept = _kept(body="\n\n".join(block.text for block in BLOCKS), blocks=BLOCKS, reading=reading)
    assert kept["blocks"][0] == {"type": "heading", "level": 2, "text": "الطريق"}
    assert kept["body"] == "\n\n".join(block["text"] for block in kept["blocks"])
    assert kept["reading"] == {
        "doubts": ["no-layout"],
        "second": {"reader": "trafilatura", "words": 120, "agreement": 0.5},
    }
    jsonschema.Draft202012Validator(json.loads(record.schema())).validate(kept)
    assert list(problems(kept)) == []
    assert list(problems(kept | {"blocks": [{"type": "poem", "level": None, "text": "x"}]}))
    assert list(problems(kept | {"reading": {"doubts": ["a feeling"], "second": None}}))


def test_structure_of_another_text_is_not_believed() -> None:
    kept = _kept(body="سطر\n\nسطر ثان", blocks=BLOCKS)
    assert [block["text"] for block in kept["blocks"]] == ["سطر", "سطر ثان"]
    assert record.blocks_of(as_version_1(kept)) == kept["blocks"]


def test_each_record_is_verified_by_the_schema_of_its_own_version() -> None:
    kept = _kept()
    assert list(problems(kept)) == list(problems(as_version_1(kept))) == []
    assert list(problems(kept | {"schema_version": 1}))  # schema 1 knows no blocks
    assert list(problems(as_version_1(kept) | {"schema_version": 2}))  # and schema 2 wants them
    assert "does not know" in next(problems(kept | {"schema_version": 3}))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])).map(str.strip).filter(bool), min_size=1))
def test_the_same_text_has_the_same_hash_in_either_version(texts: list[str]) -> None:
    """Identity is of headline and body, whatever structure is told beside them."""
    body = "\n\n".join(texts)
    plain, told = article(1), tuple(TextBlock("list_item", text, 1) for text in texts)
    now = record.record(
        replace(plain, body=body, blocks=told),
        CAPTURE,
        content_hash=content_hash(plain.headline, body),
        revision=1,
        previous=None,
        run_id="r",
    )
    before = as_version_1(now)
    assert now["content_hash"] == before["content_hash"] == content_hash(before["headline"], before["body"])
    assert content_hash(now["headline"], "\n\n".join(block["text"] for block in now["blocks"])) == now["content_hash"]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An archive as it was before schema 2: its one record, its archive.json and its one schema."""
    place = tmp_path / "old"
    with pytest.MonkeyPatch.context() as before:
        before.setattr(visit, "record", lambda *given, **named: as_version_1(record.record(*given, **named)))
        keep_all(open_archive(str(place)), article(1))
    made = place / "archive.json"
    made.chmod(0o644)
    made.write_bytes(record.to_bytes(json.loads(made.read_bytes()) | {"article_schema": keys.ARTICLE_SCHEMAS[1]}))
    (place / keys.ARTICLE_SCHEMAS[2]).unlink()
    return place


def test_an_archive_made_before_publishes_the_new_schema_when_something_is_kept(old: Path) -> None:
    """Reading and verifying write nothing; the first run that keeps something adds the schema, once."""
    archive = open_archive(str(old))
    assert [each["schema_version"] for each in archive.articles()] == [1]
    assert archive.verify().damaged == []
    assert not (old / keys.ARTICLE_SCHEMAS[2]).exists()
    for number in (2, 3):
        keep_all(open_archive(str(old)), article(number))
        assert (old / keys.ARTICLE_SCHEMAS[2]).read_bytes() == record.schema(2)
    assert (old / keys.ARTICLE_SCHEMAS[1]).read_bytes() == record.schema(1)
    assert sorted(each["schema_version"] for each in archive.articles()) == [1, 2, 2]
    assert archive.verify().damaged == []


def test_the_same_text_read_by_the_new_reader_is_no_revision(old: Path) -> None:
    """What is known in schema 1 is not written again in schema 2."""
    with_structure = replace(article(1), blocks=tuple(TextBlock("list_item", text, 1) for text in article(1).body.split("\n\n")))
    assert keep_all(open_archive(str(old)), with_structure)["fates"] == {"unchanged": 1}
    assert len(list(old.glob("articles/*/*/*.json"))) == 1


def test_a_new_archive_that_lost_a_schema_is_damaged(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1))
    (tmp_path / keys.ARTICLE_SCHEMAS[2]).unlink()
    assert [(found.key, found.problem) for found in archive.verify().damaged] == [(keys.ARTICLE_SCHEMAS[2], "is missing")]


def test_doubts_are_counted_by_outlet_in_the_manifest_and_told_by_status(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    doubtful = [replace(article(n), reading=Reading(("element-dropped", "no-layout"))) for n in (1, 2)]
    keep_all(
        archive, *doubtful, replace(article(3, outlet="smart"), reading=Reading(("no-layout",))), article(4, outlet="geiroon")
    )
    found = archive.status()
    assert found["enab_baladi"]["last_run"]["doubts"] == {"element-dropped": 2, "no-layout": 2}
    assert found["smart"]["last_run"]["doubts"] == {"no-layout": 1}
    assert found["geiroon"]["last_run"]["doubts"] == {}
