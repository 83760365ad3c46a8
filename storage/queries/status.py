"""What an archive holds per outlet, at a glance: counted once by listing, from then on by the manifests of the runs since.

`state/status/counts.json` holds the counts, the first day of runs/ that has to be listed, and which runs since then are counted.
A call lists runs/ from that day on, reads the manifests that are not counted yet, and leaves the new counts when there are some.
Where a run among them was killed (its articles stand in no manifest), or nothing is left in state/, articles/ is listed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from storage import keys
from storage.errors import ArchiveError
from storage.record import Json, to_bytes
from storage.stores.folders import folders
from storage.stores.json_objects import find_json
from storage.stores.run_listing import list_runs, listed_keys
from storage.stores.store import Store

COUNTS: Final = keys.state("status", "counts.json")
VERSION: Final = 1
_LEFT_AFTER: Final = 20
"""Manifests that are read again by each call before the counts are left anew: readers should write seldom."""
_KEYS_AT_ONCE: Final = 1_000
"""More keys than these, a page of a bucket's listing, are not counted by two calls: a run may have kept a whole past."""
_LATE: Final = timedelta(days=8)
"""How long after its start a run may write its first object, and a day for clocks."""


class _Runs(NamedTuple):
    """Keys of manifests by run, in order; days of runs that have not ended; runs that were given up."""

    manifests: dict[str, str]
    unfinished: list[date]
    recovered: set[str]


@dataclass(slots=True)
class _Counts:
    """outlets: as `status` gives them. since: the first day of runs/ to list; counted: the runs since that are in the counts."""

    outlets: dict[str, Json] = field(default_factory=dict)
    since: date | None = None
    counted: set[str] = field(default_factory=set)


def status(store: Store) -> dict[str, Json]:
    """See `Archive.status`. Costs a GET, a listing of the last days of runs/, and a GET for each run that is not counted yet."""
    counts = _left(store)
    if counts is not None:
        runs = _runs(store, counts.since)
        new = {run: key for run, key in runs.manifests.items() if run not in counts.counted}
        if not runs.recovered - counts.counted:
            read = sum(_add(store, counts.outlets, find_json(store, key) or {}) for key in new.values())
            if len(new) >= _LEFT_AFTER or read > _KEYS_AT_ONCE:
                _leave(store, counts.outlets, runs)
            return dict(sorted(counts.outlets.items()))
    return _counted_anew(store)


def remembered(store: Store) -> Iterator[str]:
    """Names under which `state/` holds anything: of outlets, and of a few things besides. One request each."""
    return folders(store, "state/")


def _counted_anew(store: Store) -> dict[str, Json]:
    """List articles/ and runs/, read manifests from the newest until every outlet is told of."""
    before = _runs(store, None)
    articles: Counter[str] = Counter()
    captured: dict[str, str] = {}
    for found in store.listing("articles/"):
        if parts := keys.article_parts(found.key):
            outlet, day, _ = parts
            articles[outlet] += 1
            captured[outlet] = day
    outlets: dict[str, Json] = {
        outlet: {"articles": articles[outlet], "last_kept": None, "last_run": None} for outlet in sorted(articles)
    }
    for key in reversed(before.manifests.values()):
        _note_newest(outlets, find_json(store, key) or {})
        if outlets and all(outlet["last_kept"] for outlet in outlets.values()):
            break
    for outlet, day in captured.items():
        # Kept by runs that never finished: the day of capture is all there is to say.
        outlets[outlet]["last_kept"] = outlets[outlet]["last_kept"] or day
    # What a run that was at work had kept by now would be counted a second time by its manifest.
    worth_leaving = len(before.manifests) >= _LEFT_AFTER or articles.total() > _KEYS_AT_ONCE
    if worth_leaving and not before.unfinished and _runs(store, None) == before:
        _leave(store, outlets, before)
    return outlets


def _runs(store: Store, since: date | None) -> _Runs:
    runs = _Runs({}, [], set())
    for found in list_runs(store, since):
        if found.kind == "json":
            runs.manifests[found.run] = found.key
        elif found.kind == "recovered.json":
            runs.recovered.add(found.run)
        elif found.run not in runs.manifests and found.run not in runs.recovered:
            runs.unfinished.append(date.fromisoformat(found.day))
    return runs


def _add(store: Store, outlets: dict[str, Json], manifest: Json) -> int:
    """Count a run: the articles that it created, and what it says of its outlets. How many objects it lists."""
    listed = 0
    for key in listed_keys(manifest, lambda part: store.get(part) or b""):
        listed += 1
        if parts := keys.article_parts(key):
            outlets.setdefault(parts[0], {"articles": 0, "last_kept": None, "last_run": None})["articles"] += 1
    for outlet in manifest.get("outlets", {}):
        entry = outlets.setdefault(outlet, {"articles": 0, "last_kept": None, "last_run": None})
        finished = manifest["finished_at"]
        if entry["last_run"] and entry["last_run"]["finished_at"] > finished:
            continue  # a long run that began before it
        kept, entry["last_run"], entry["last_kept"] = entry["last_kept"], None, None
        _note_newest({outlet: entry}, {**manifest, "outlets": {outlet: manifest["outlets"][outlet]}})
        entry["last_kept"] = entry["last_kept"] or kept
    return listed


def _note_newest(outlets: dict[str, Json], manifest: Json) -> None:
    """Take the last run and the moment of the last article from a manifest, where a newer one did not tell them."""
    for outlet, count in manifest.get("outlets", {}).items():
        entry = outlets.setdefault(outlet, {"articles": 0, "last_kept": None, "last_run": None})
        if entry["last_run"] is None:
            entry["last_run"] = {name: manifest[name] for name in ("run_id", "finished_at")} | {
                "fates": count["fates"],
                "doubts": count.get("doubts", {}),
            }
        if entry["last_kept"] is None and (count["fates"].get("kept") or count["fates"].get("revised")):
            entry["last_kept"] = manifest["finished_at"]


def _left(store: Store) -> _Counts | None:
    """The counts in state/; None if there are none, none that can be read, or those of another archive."""
    found = find_json(store, COUNTS)
    try:
        if found is None or found["version"] != VERSION or store.stat(keys.checked_key(found["newest"])) is None:
            return None
        outlets = {keys.checked_slug(outlet): _checked(entry) for outlet, entry in found["outlets"].items()}
        return _Counts(outlets, date.fromisoformat(found["since"]), set(found["counted"]))
    except (ArchiveError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _checked(entry: Json) -> Json:
    return {"articles": int(entry["articles"]), "last_kept": entry["last_kept"], "last_run": entry["last_run"]}


def _leave(store: Store, outlets: dict[str, Json], runs: _Runs) -> None:
    """Leave the counts, if this reader may write: the next one counts by itself otherwise."""
    if not runs.manifests:
        return
    newest = max(runs.manifests.values())
    last = date.fromisoformat(newest.removeprefix("runs/")[:10].replace("/", "-"))
    since = min([last - _LATE, *(day - timedelta(days=1) for day in runs.unfinished)])
    later = f"runs/{since:%Y/%m/%d}/"
    counted = [run for run, key in runs.manifests.items() if key > later] + sorted(runs.recovered)
    counts: dict[str, Any] = {"version": VERSION, "newest": newest, "since": since.isoformat(), "counted": counted}
    try:
        store.replace(COUNTS, to_bytes({**counts, "outlets": outlets}))
    except ArchiveError:
        return  # a convenience: who only reads an archive may have no right to write there
