"""`warraq status`: what an archive holds of each outlet, whether the outlet is silent, and what its sources missed."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from crawler.cli.options import ArchiveUri
from crawler.cli.tables import Column, print_table
from crawler.config import load_config
from crawler.download.retry_after import PAUSES, HostPauses
from crawler.facts import Facts
from storage import Archive, open_archive
from storage.record import Json, rfc3339

COLUMNS = (
    *(Column("outlet"), Column("articles", right=True), Column("last kept"), Column("last run")),
    *(Column("silence", wraps=True), Column("fates of that run", wraps=True)),
)
_WORDS = {
    "gap": "all entries were new, some may have come and gone between two polls; times:",
    "dropped": "entries that could not be used:",
    "truncated": "documents that could not be read to their end:",
    "distrusted": "documents whose dates of modification are not believed:",
    "bounded": "documents left for later crawls:",
    "failed": "could not be read; documents:",
    "entry_failed": "entries that could not be judged:",
    "given_up": "addresses given up:",
    "unread": "addresses without a capture that can be read:",
}
"""How conditions of sources are worded, before their number."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(status)


def status(archive: ArchiveUri = None, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show what each outlet has: articles, the last one kept, the last run and its fates, silence."""
    opened = open_archive(load_config(archive=archive).archive, create=False)
    found, passes = opened.status(), opened.last_passes()
    for outlet, state in found.items():
        state["silence"], state["sources"] = _silence(opened, outlet), _sources(opened, outlet)
        state["fruitless"] = _fruitless(opened, outlet)
        state["conditions"], state["failing"] = _conditions(opened, outlet), _failing(opened, outlet)
        pauses = HostPauses(PAUSES.load(opened.state(outlet), partial(Facts(sys.stderr), outlet=outlet)))
        state["pauses"] = {host: until.isoformat() for host, until in pauses.until(datetime.now(UTC)).items()}
    if as_json:
        # No outlet's slug begins with an underscore.
        sys.stdout.write(json.dumps(found | {"_verified": passes, "_sealed": _sealed(opened)}, ensure_ascii=False) + "\n")
        return
    rows = []
    for outlet, state in sorted(found.items()):
        run = state["last_run"] or {"finished_at": "never", "fates": {}}
        fates = " · ".join(f"{count} {fate}" for fate, count in run["fates"].items() if count)
        kept, finished = _moment(state["last_kept"]), _moment(run["finished_at"])
        rows.append((outlet, f"{state['articles']:,}", kept, finished, _silence_words(state["silence"]), fates or "nothing"))
    if not rows:
        sys.stdout.write(f"{opened.uri} holds no outlet yet: `warraq crawl` fills it\n")
    else:
        print_table(Console(highlight=False), COLUMNS, rows)
    sys.stdout.writelines(_remarks(found))
    sys.stdout.write(f"Last full pass of verify: {_pass_words(passes['full'])}\n")
    sealed = _sealed(opened)
    if sealed is None:
        sys.stdout.write("Seals: none; a run that is deleted whole would not be missed (`warraq seal`)\n")
    else:
        size = f"{sealed['size']:,} lines, root {sealed['root']}"
        sys.stdout.write(f"Sealed {_moment(sealed['sealed_at'])}: {size}; {sealed['unsealed']:,} runs are not sealed yet\n")
    if passes["sample"]:
        sys.stdout.write(f"Last sample of {passes['sample'].get('share', 0):.4g}: {_pass_words(passes['sample'])}\n")


def _sealed(archive: Archive) -> Json | None:
    """The newest checkpoint and how many runs ended since; None where nothing was sealed."""
    from storage.seals.sealing import Sealer  # noqa: PLC0415 - loads cryptography

    seal, unsealed = Sealer(archive.store, []).newest()
    if seal is None:
        return None
    checkpoint = seal.checkpoint
    root = base64.b64encode(checkpoint.root).decode()
    parts = {"seal": seal.number, "origin": checkpoint.origin, "size": checkpoint.size, "root": root, "unsealed": unsealed}
    return parts | {"sealed_at": rfc3339(checkpoint.sealed_at), "checkpoint": checkpoint.note.decode()}


def _remarks(found: dict[str, Json]) -> Iterator[str]:
    """What is to be said of outlets beside the table, a line each."""
    for outlet, state in sorted(found.items()):
        if state["fruitless"]:
            yield f"{outlet}: no articles since {_moment(state['fruitless']['since'])}: {state['fruitless']['detail']}\n"
        if doubts := (state["last_run"] or {}).get("doubts"):
            parts = " · ".join(f"{name} {count:,}" for name, count in doubts.items())
            yield f"{outlet}: texts doubted in the last run: {parts}\n"
        if state["sources"] and state["sources"]["articles"]:
            yield _source_words(outlet, state["sources"])
        yield from (f"{outlet}: {line}\n" for line in _trouble_lines(state["conditions"], state["failing"]))
        for host, until in state["pauses"].items():
            yield f"{outlet}: {host} asks to be left alone until {_moment(until)}\n"


def _pass_words(passed: Json | None) -> str:
    """What a pass of verify found, in a line."""
    if passed is None:
        return "never"
    found = f"{passed['damage']:,} damaged" if passed["damage"] else "all good"
    pending = f", {passed['pending']:,} half done" if passed["pending"] else ""
    return f"{_moment(passed.get('finished_at'))}, {passed['objects']:,} objects, {found}{pending}"


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


def _trouble_lines(conditions: list[Json], failing: Json) -> Iterator[str]:
    """The same, a line each. A document that is simply not there is left out: others are."""
    for each in conditions:
        if each["condition"] != "absent":
            detail = f" ({each['detail']})" if each["detail"] else ""
            yield f"{each['source']}: {_WORDS[each['condition']]} {each['count']:,} since {_moment(each['since'])}{detail}"
    if failing["pages"]:
        causes = ", ".join(f"{number:,} {cause}" for cause, number in failing["causes"].items())
        yield f"{failing['pages']:,} pages fail again and again, the first since {_moment(failing['since'])}: {causes}"
    if failing["quarantined"]:
        yield f"{failing['quarantined']:,} pages that broke their reader lie in quarantine/"


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


def _sources(archive: Archive, outlet: str) -> Json | None:
    """How complete each kind of source of an outlet is, held against the others; None where nothing is known."""
    from crawler.discovery.completeness import NAME, WINDOW, Completeness  # noqa: PLC0415 - loads Scrapy
    from crawler.facts import Facts  # noqa: PLC0415

    state = archive.state(outlet)
    if state.get(NAME) is None:
        return None
    completeness, lag = Completeness.load(state, Facts()), timedelta(hours=load_config().source_lag_hours)
    return {
        "days": WINDOW.days,
        "articles": len(completeness.articles),
        "disagreement": completeness.disagreement,
        "kinds": {kind: asdict(count) for kind, count in completeness.counts(lag).items()},
    }


def _source_words(outlet: str, sources: Json) -> str:
    """The same in a line."""
    parts = [
        f"{kind} named {count['found']:,}"
        + (f" and missed {count['missed']:,} ({count['refilled']:,} refilled)" if count["missed"] else "")
        + (f", STOPPED {_moment(count['stopped'])}" if count["stopped"] else "")
        for kind, count in sources["kinds"].items()
    ]
    return f"{outlet}: {sources['articles']:,} new articles in {sources['days']} days; {' · '.join(parts)}\n"


def _silence_words(silence: Json | None) -> str:
    """The same in a word or two."""
    if silence is None:
        return "not watched"
    if silence["read_again"]["cause"]:
        return f"UNREADABLE: {silence['read_again']['cause']}"
    if silence["cause"]:
        return f"SILENT: {silence['cause']}"
    return f"drift: {silence['drift']}" if silence["drift"] else f"none ({silence['expected_intervals']:.1f})"


def _moment(stamp: str | None) -> str:
    return stamp[:16].replace("T", " ") if stamp else "never"
