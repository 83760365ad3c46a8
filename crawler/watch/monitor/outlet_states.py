"""What is known of the outlets of an archive, gathered from `state/`: for `warraq status` and for the reader."""

from __future__ import annotations

import base64
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial

from crawler.download.retry_after import PAUSES, HostPauses
from crawler.facts import Facts
from storage import Archive
from storage.record import Json, rfc3339


def outlet_states(archive: Archive, source_lag: timedelta) -> dict[str, Json]:
    """By outlet: what `Archive.status` counts, and `silence`, `sources`, `fruitless`, `conditions`, `failing`, `pauses`, as in
    `warraq status --json`.

    source_lag: how much later than another a source may name an article.
    """
    found = archive.status()
    for outlet, state in found.items():
        state["silence"], state["sources"] = _silence(archive, outlet), _sources(archive, outlet, source_lag)
        state["fruitless"] = _fruitless(archive, outlet)
        state["conditions"], state["failing"] = _conditions(archive, outlet), _failing(archive, outlet)
        pauses = HostPauses(PAUSES.load(archive.state(outlet), partial(Facts(sys.stderr), outlet=outlet)))
        state["pauses"] = {host: until.isoformat() for host, until in pauses.until(datetime.now(UTC)).items()}
    return found


def sealed_state(archive: Archive) -> Json | None:
    """The newest checkpoint and how many runs ended since; None where nothing was sealed."""
    from storage.seals.sealing import Sealer  # noqa: PLC0415 - loads cryptography

    seal, unsealed = Sealer(archive.store, []).newest()
    if seal is None:
        return None
    checkpoint = seal.checkpoint
    root = base64.b64encode(checkpoint.root).decode()
    parts = {"seal": seal.number, "origin": checkpoint.origin, "size": checkpoint.size, "root": root, "unsealed": unsealed}
    return parts | {"sealed_at": rfc3339(checkpoint.sealed_at), "checkpoint": checkpoint.note.decode()}


def _fruitless(archive: Archive, outlet: str) -> Json | None:
    """What the last crawl said that should have got articles and got none: `cause`, `detail`, `since`, `at`."""
    from crawler.crawl.verdict import VERDICT  # noqa: PLC0415 - with what it imports

    standing = VERDICT.load(archive.state(outlet), Facts(sys.stderr))
    return standing.model_dump(mode="json") if standing is not None else None


def _conditions(archive: Archive, outlet: str) -> list[Json]:
    """What is wrong with the outlet's sources and lasts: `source`, `condition`, `since`, `at`, `count`, `detail`, `documents`."""
    from crawler.crawl.source_conditions import CONDITIONS  # noqa: PLC0415 - loads Scrapy

    stored = CONDITIONS.load(archive.state(outlet), partial(Facts(sys.stderr), outlet=outlet))
    return [
        {"source": source, "condition": name, **condition.model_dump(mode="json")}
        for source, conditions in stored.items()
        for name, condition in conditions.items()
    ]


def _failing(archive: Archive, outlet: str) -> Json:
    """Pages that failed when they were last asked for: `pages`, `causes` (how many by cause), `since` (of the oldest), and
    `quarantined`: pages that broke their reader and lie in `state/<outlet>/quarantine/`.
    """
    from crawler.crawl.failing import FAILING, FailingPages  # noqa: PLC0415 - loads Scrapy

    state = archive.state(outlet)
    failing = FailingPages(FAILING.load(state, partial(Facts(sys.stderr), outlet=outlet)))
    since = min((page.since for page in failing.pages.values()), default=None)
    aside = sum(found.key.endswith(".html") for found in archive.store.listing(f"{state.key('quarantine')}/"))
    parts = {"pages": len(failing.pages), "causes": dict(failing.causes()), "quarantined": aside}
    return parts | {"since": since.isoformat() if since else None}


def _silence(archive: Archive, outlet: str) -> Json | None:
    """What `warraq watch` makes of an outlet: `since` and `cause` if it is silent, and how long in expected intervals."""
    from crawler.watch.monitor.silence import NAME, silence_of  # noqa: PLC0415 - loads Scrapy

    if archive.state(outlet).get(NAME) is None:
        return None
    silence = silence_of(archive, outlet, Facts(sys.stderr))
    return {
        "silent_since": silence.since.isoformat() if silence.since else None,
        "cause": silence.cause,
        "expected_intervals": round(silence.expectation.silence, 2),
        "last_article": silence.expectation.last.isoformat() if silence.expectation.last else None,
        "drift": silence.drift,
        "read_again": silence.canaries.as_json(),
    }


def _sources(archive: Archive, outlet: str, lag: timedelta) -> Json | None:
    """How complete each kind of source of an outlet is, held against the others; None where nothing is known."""
    from crawler.discovery.completeness import NAME, WINDOW, Completeness  # noqa: PLC0415 - loads Scrapy

    state = archive.state(outlet)
    if state.get(NAME) is None:
        return None
    completeness = Completeness.load(state, Facts())
    return {
        "days": WINDOW.days,
        "articles": len(completeness.articles),
        "disagreement": completeness.disagreement,
        "kinds": {kind: asdict(count) for kind, count in completeness.counts(lag).items()},
    }
