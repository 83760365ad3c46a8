"""The API: described by OpenAPI 3.1, and every answer is what the description says."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from crawler.serve.routes import ROUTES
from tests.crawler.conftest import warraq
from tests.crawler.serve.conftest import EDITED, GONE, HOSTILE
from tests.crawler.serve.serving import Got, Served


@pytest.fixture(scope="module")
def described(reader: Served) -> dict[str, Any]:
    return dict(reader.get("/api/openapi.json").json)


def check(described: dict[str, Any], path: str, answer: Got) -> None:
    """That an answer is one of those that the description has for a path, in its type and by its schema."""
    responses = described["paths"][path]["get"]["responses"]
    assert str(answer.status) in responses, (answer.status, answer.text)
    ((kind, content),) = responses[str(answer.status)]["content"].items()
    assert answer.headers["content-type"] == kind
    schema = {**content["schema"], "components": described["components"]}
    Draft202012Validator(schema).validate(answer.json)


def test_the_description_is_openapi(described: dict[str, Any], reader: Served) -> None:
    OpenAPIV31SpecValidator(described).validate()
    assert described["servers"] == [{"url": reader.url.rstrip("/")}]
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_address_of_the_api_is_described(described: dict[str, Any]) -> None:
    served = {path.partition(":[")[0] + ("}" if ":[" in path else "") for path, _ in ROUTES if path.startswith("/api/")}
    assert served - {"/api/openapi.json"} == set(described["paths"])


def test_answers_are_as_described(described: dict[str, Any], reader: Served) -> None:
    run = reader.get("/api/runs").json["runs"][0]["run_id"]
    asked = {
        "/api/search": [
            "/api/search",
            "/api/search?q=-",
            "/api/search?outlet=smart",
            "/api/search?q=%D8%AE%D8%B7%D8%B1&order=newest",
        ],
        "/api/months": ["/api/months", "/api/months?from=x", "/api/months?section=%D8%AB%D9%82%D8%A7%D9%81%D8%A9"],
        "/api/articles/{article}": [
            f"/api/articles/{each}" for each in (EDITED, f"{EDITED}@1", GONE, HOSTILE, "x", "enab_baladi:404")
        ],
        "/api/articles/{article}/revisions/{revision}": [f"/api/articles/{EDITED}/revisions/{n}" for n in (1, 2, 3, 4)],
        "/api/articles/{article}/history": [f"/api/articles/{each}/history" for each in (EDITED, GONE, "x:1", f"{EDITED}/../x")],
        "/api/address": [
            f"/api/address?u={quote(each)}"
            for each in ("https://www.enab_baladi.example/archives/1", "https://www.enabbaladi.net/archives/9", "x")
        ],
        "/api/outlets": ["/api/outlets"],
        "/api/runs": ["/api/runs", f"/api/runs?before={run}", "/api/runs?before=x"],
        "/api/runs/{run}": [f"/api/runs/{run}", "/api/runs/x"],
    }
    assert asked.keys() == described["paths"].keys()
    for path, addresses in asked.items():
        for address in addresses:
            check(described, path, reader.get(address))


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_is_asked_the_answer_is_as_described(data: st.DataObject, described: dict[str, Any], reader: Served) -> None:
    """Any parameters, of any text, in any place."""
    path = data.draw(st.sampled_from(sorted(described["paths"])))
    parameters = described["paths"][path]["get"]["parameters"]
    word = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
    query = {each["name"]: data.draw(word) for each in parameters if each["in"] == "query" and data.draw(st.booleans())}
    address = path
    for each in parameters:
        if each["in"] == "path":
            value = "1" if each["name"] == "revision" else data.draw(word.filter(lambda text: text not in ("", ".", "..")))
            address = address.replace("{" + each["name"] + "}", quote(value, safe=""))
    check(described, path, reader.get(address, query))


def test_outlets_are_what_status_tells(reader: Served, archive: Any) -> None:
    status = json.loads(warraq("status", "--json", "--archive", archive.uri).out)
    found = reader.get("/api/outlets").json
    assert found["outlets"] == {name: state for name, state in status.items() if not name.startswith("_")}
    assert (found["verified"], found["sealed"]) == (status["_verified"], status["_sealed"])


def test_runs_are_the_manifests_the_newest_first(reader: Served, archive: Any) -> None:
    """In pages; each with its fates and without its list of objects."""
    runs = reader.get("/api/runs").json["runs"]
    kept = sorted(key.key for key in archive.store.listing("runs/") if key.key.endswith(".json") and "started" not in key.key)
    assert [run["run_id"] for run in runs] == [key.rpartition("/")[2].removesuffix(".json") for key in reversed(kept)]
    manifest = archive.get(kept[0])
    assert (runs[-1]["fates"], runs[-1]["objects"]) == (manifest["fates"], len(manifest["files"]))
    assert [run["run_id"] for run in reader.get(f"/api/runs?before={runs[1]['run_id']}").json["runs"]] == [
        run["run_id"] for run in runs[2:]
    ]
    assert reader.get(f"/api/runs/{runs[0]['run_id']}").json == runs[0]
