"""What is known of the outlets of an archive, gathered from `state/`: for `warraq status` and for the reader."""

from __future__ import annotations

import base64
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial

from crawler.crawl.failing import FAILING, FailingPages
from crawler.crawl.source_conditions import CONDITIONS
from crawler.crawl.verdict import VERDICT
from crawler.discovery import completeness
from crawler.discovery.completeness import Completeness
from crawler.download.retry_after import PAUSES, HostPauses
from crawler.facts import Facts
from crawler.outlet_files.loaded_outlet import RESERVED, SLUG
from crawler.state_file import Report
from crawler.watch.monitor import silence
from crawler.watch.monitor.silence import SILENCE
from storage import Archive, State
from storage.errors import Damaged
from storage.one_line import one_line
from storage.queries.status import remembered
from storage.record import Json, rfc3339


def outlet_states(archive: Archive, source_lag: timedelta) -> dict[str, Json]:
    """By outlet: what `Archive.status` counts, and `silence`, `sources`, `fruitless` (the last crawl should have got articles,
    and got none), `conditions` (of sources), `failing` (pages), `pauses` (asked for by hosts), as in `warraq status --json`.

    source_lag: how much later than another a source may name an article.
    """
    found = archive.status()
    for outlet in remembered(archive.store):
        if outlet not in found and outlet not in RESERVED and SLUG.fullmatch(outlet):  # no run of it was worth a manifest
            found[outlet] = {"articles": 0, "last_kept": None, "last_run": None}
    for outlet, counts in found.items():
        state, report = archive.state(outlet), partial(Facts(sys.stderr), outlet=outlet)
        verdict, pauses = VERDICT.load(state, report), HostPauses(PAUSES.load(state, report))
        counts |= {
            "silence": _silence(state, report),
            "sources": _sources(state, source_lag),
            "fruitless": verdict.model_dump(mode="json") if verdict is not None else None,
            "conditions": [
                {"source": source, "condition": name, **condition.model_dump(mode="json")}
                for source, conditions in CONDITIONS.load(state, report).items()
                for name, condition in conditions.items()
            ],
            "failing": _failing(archive, state, report),
            "pauses": {host: until.isoformat() for host, until in pauses.until(datetime.now(UTC)).items()},
        }
    return found


def sealed_state(archive: Archive) -> Json | None:
    """The newest checkpoint and how many runs ended since; None where nothing was sealed. Of seals that are damaged `problem`
    alone, which says so: whoever asks is told the rest all the same.
    """
    from storage.seals.sealing import Sealer  # noqa: PLC0415 - loads cryptography
    from storage.seals.signed_note import NoteError, SealKeyError  # noqa: PLC0415 - as above

    try:
        seal, unsealed = Sealer(archive.store, []).newest()
    except (Damaged, NoteError, SealKeyError) as error:
        return {"problem": one_line(str(error), 300)}
    if seal is None:
        return None
    checkpoint = seal.checkpoint
    root = base64.b64encode(checkpoint.root).decode()
    parts = {"seal": seal.number, "origin": checkpoint.origin, "size": checkpoint.size, "root": root, "unsealed": unsealed}
    return parts | {"sealed_at": rfc3339(checkpoint.sealed_at), "checkpoint": checkpoint.note.decode()}


def _failing(archive: Archive, state: State, report: Report) -> Json:
    """Pages that failed when they were last asked for: `pages`, `causes` (how many by cause), `since` (of the oldest), and
    `quarantined`: pages that broke their reader and lie in `state/<outlet>/quarantine/`.
    """
    failing = FailingPages(FAILING.load(state, report))
    since = min((page.since for page in failing.pages.values()), default=None)
    aside = sum(found.key.endswith(".html") for found in archive.store.listing(f"{state.key('quarantine')}/"))
    parts = {"pages": len(failing.pages), "causes": dict(failing.causes()), "quarantined": aside}
    return parts | {"since": since.isoformat() if since else None}


def _silence(state: State, report: Report) -> Json | None:
    """What `warraq watch` makes of an outlet: `since` and `cause` if it is silent, and how long in expected intervals."""
    if state.get(silence.NAME) is None:
        return None
    known = SILENCE.load(state, report)
    return {
        "silent_since": known.since.isoformat() if known.since else None,
        "cause": known.cause,
        "expected_intervals": round(known.expectation.silence, 2),
        "last_article": known.expectation.last.isoformat() if known.expectation.last else None,
        "drift": known.drift,
        "read_again": known.canaries.as_json(),
    }


def _sources(state: State, lag: timedelta) -> Json | None:
    """How complete each kind of source of an outlet is, held against the others; None where nothing is known."""
    if state.note(completeness.NAME) is None:
        return None
    known = Completeness.load(state, Facts())
    return {
        "days": completeness.WINDOW.days,
        "articles": len(known.articles),
        "disagreement": known.disagreement,
        "kinds": {kind: asdict(count) for kind, count in known.counts(lag).items()},
    }
