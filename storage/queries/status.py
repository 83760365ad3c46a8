"""What an archive holds per outlet, at a glance."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from storage.record import Json
from storage.stores.json_objects import find_json
from storage.stores.store import Store

_ARTICLE: Final = re.compile(r"articles/outlet=([^/]+)/captured=([^/]+)/")
_MANIFEST: Final = re.compile(r"runs/\d{4}/\d\d/\d\d/[^/.]+\.json")


def status(store: Store) -> dict[str, Json]:
    """See `Archive.status`. Lists articles/ and runs/, reads manifests from the newest until every outlet is told of."""
    articles: Counter[str] = Counter()
    captured: dict[str, str] = {}
    for found in store.listing("articles/"):
        if place := _ARTICLE.match(found.key):
            articles[place[1]] += 1
            captured[place[1]] = place[2]
    told: dict[str, Json] = {
        outlet: {"articles": articles[outlet], "last_kept": None, "last_run": None} for outlet in sorted(articles)
    }
    manifests = [found.key for found in store.listing("runs/") if _MANIFEST.fullmatch(found.key)]
    for key in reversed(manifests):
        _tell(told, find_json(store, key) or {})
        if told and all(outlet["last_kept"] for outlet in told.values()):
            break
    for outlet, day in captured.items():
        # Kept by runs that never finished: the day of capture is all there is to say.
        told[outlet]["last_kept"] = told[outlet]["last_kept"] or day
    return told


def _tell(told: dict[str, Json], manifest: Json) -> None:
    for outlet, count in manifest.get("outlets", {}).items():
        entry = told.setdefault(outlet, {"articles": 0, "last_kept": None, "last_run": None})
        if entry["last_run"] is None:
            entry["last_run"] = {name: manifest[name] for name in ("run_id", "finished_at")} | {
                "fates": count["fates"],
                "doubts": count.get("doubts", {}),
            }
        if entry["last_kept"] is None and (count["fates"].get("kept") or count["fates"].get("revised")):
            entry["last_kept"] = manifest["finished_at"]
