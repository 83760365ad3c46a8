"""For operators: outlets as `warraq status` shows them, and runs with their fates."""

from __future__ import annotations

import re
from typing import Final

from crawler.serve.collection import Collection
from crawler.serve.page_request import PageRequest
from crawler.serve.response import RequestError, Response, json_response
from storage.errors import BadKey
from storage.queries.runs import find_run, newest_runs
from storage.record import Json

RUNS: Final = 25
_RUN_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHOWN: Final = ("run_id", "started_at", "finished_at", "versions", "discovered", "fates", "outlets", "recovered", "failures")


def outlets_page(collection: Collection, request: PageRequest) -> Response:
    """`/outlets`."""
    states = collection.states()
    return request.page("outlets.html", progress=collection.follower.progress(), **states)


def outlets_json(collection: Collection, request: PageRequest) -> Response:  # noqa: ARG001 - a view
    """`/api/outlets`."""
    from crawler.serve.search_views import index_json  # noqa: PLC0415

    return json_response(collection.states() | {"index": index_json(collection)})


def runs_page(collection: Collection, request: PageRequest) -> Response:
    """`/runs`."""
    runs, following = _runs(collection, request)
    return request.page("runs.html", runs=runs, following=following)


def runs_json(collection: Collection, request: PageRequest) -> Response:
    """`/api/runs`."""
    runs, following = _runs(collection, request)
    return json_response({"runs": runs, "next": f"{request.origin}/api/runs?before={following}" if following else None})


def run_page(collection: Collection, request: PageRequest) -> Response:
    """`/runs/RUN`."""
    return request.page("run.html", run=_run(collection, request))


def run_json(collection: Collection, request: PageRequest) -> Response:
    """`/api/runs/RUN`."""
    return json_response(_run(collection, request))


def _runs(collection: Collection, request: PageRequest) -> tuple[list[Json], str | None]:
    """(runs of a page, the last of them if there may be more)."""
    before = request.query.get("before")
    if before is not None and not _RUN_ID.fullmatch(before):
        raise RequestError(400, "question", "before: the id of a run")
    found = newest_runs(collection.archive.store, RUNS + 1, before)
    runs = [_shown(each) for each in found[:RUNS]]
    return runs, str(runs[-1]["run_id"]) if len(found) > RUNS else None


def _run(collection: Collection, request: PageRequest) -> Json:
    try:
        found = find_run(collection.archive.store, request.parts["run"])
    except BadKey:
        found = None
    if found is None:
        raise RequestError(404, "run")
    return _shown(found)


def _shown(manifest: Json) -> Json:
    """A manifest without its list of objects: their number. Fields that one of another version lacks are left out."""
    files = len(manifest.get("files", ())) + sum(int(part.get("files", 0)) for part in manifest.get("file_parts", ()))
    return {name: manifest[name] for name in _SHOWN if name in manifest} | {"objects": files}
