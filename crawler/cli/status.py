"""`warraq status`: what an archive holds of each outlet, whether the outlet is silent, and what its sources missed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta

import typer
from rich.console import Console
from rich.text import Text

from crawler.cli.options import ArchiveUri, AsJson
from crawler.cli.paused_outlets import paused_outlets
from crawler.cli.plain_words import CAUSES, CONDITIONS, DOUBTS, DRIFTS, plain
from crawler.cli.tables import Column, print_table
from crawler.config import load_config
from crawler.watch.monitor.outlet_states import outlet_states, sealed_state
from storage import open_archive
from storage.record import Json

COLUMNS = (
    *(Column("outlet"), Column("articles", right=True), Column("last kept"), Column("last run")),
    *(Column("silence", wraps=True), Column("fates of that run", wraps=True)),
)


def status(archive: ArchiveUri = None, as_json: AsJson = False) -> None:
    """Show what each outlet has: articles, the last one kept, the last run and its fates, silence."""
    config = load_config(archive=archive)
    opened = open_archive(config.archive, create=False)
    found, passes = outlet_states(opened, timedelta(hours=config.source_lag_hours)), opened.last_passes()
    paused = paused_outlets(config.queue)
    sealed = sealed_state(opened)
    if as_json:
        # No outlet's slug begins with an underscore.
        archive_state = {"_verified": passes, "_sealed": sealed, "_paused": paused}
        sys.stdout.write(json.dumps(found | archive_state, ensure_ascii=False) + "\n")
        raise typer.Exit(_code(sealed))
    rows = []
    for outlet, state in sorted(found.items()):
        run = state["last_run"] or {"finished_at": (state["fruitless"] or {}).get("at"), "fates": {}}
        fates = " · ".join(f"{count} {fate}" for fate, count in run["fates"].items() if count)
        kept, finished = _moment(state["last_kept"]), _moment(run["finished_at"])
        rows.append((outlet, f"{state['articles']:,}", kept, finished, _silence_words(state["silence"]), fates or "nothing"))
    if not rows:
        sys.stdout.write(f"{opened.uri} holds no outlet yet: `warraq crawl` fills it\n")
    else:
        print_table(Console(highlight=False), COLUMNS, rows)
    for line in _remarks(found):
        _print_line(line)
    for outlet, since in paused.items():
        sys.stdout.write(f"{outlet}: paused since {_moment(since)}, watches ask nothing of it (`warraq queue resume {outlet}`)\n")
    sys.stdout.write(f"Last full pass of verify: {_pass_words(passes['full'])}\n")
    if problem := (sealed or {}).get("problem"):
        sys.stdout.write(f"Seals: damaged, {problem} (`warraq verify` names all that is)\n")
    elif sealed is None:
        sys.stdout.write("Seals: none; a run that is deleted whole would not be missed (`warraq seal`)\n")
    else:
        size = f"{sealed['size']:,} lines, root {sealed['root']}"
        sys.stdout.write(f"Sealed {_moment(sealed['sealed_at'])}: {size}; {sealed['unsealed']:,} runs are not sealed yet\n")
    if passes["sample"]:
        sys.stdout.write(f"Last sample of {passes['sample'].get('share', 0):.4g}: {_pass_words(passes['sample'])}\n")
    raise typer.Exit(_code(sealed))


def _code(sealed: Json | None) -> int:
    """1 where seals need a look."""
    return int(sealed is not None and "problem" in sealed)


def _remarks(found: dict[str, Json]) -> Iterator[str]:
    """What is to be said of outlets beside the table, a line each."""
    for outlet, state in sorted(found.items()):
        if fruitless := state["fruitless"]:
            failed = sum(each["condition"] == "failed" for each in state["conditions"])
            more = f" ({failed} sources failed; `--json` has each)" if failed > 1 else ""
            yield f"{outlet}: no articles since {_moment(fruitless['since'])}: {fruitless['detail']}{more}"
        if doubts := (state["last_run"] or {}).get("doubts"):
            parts = " · ".join(f"{plain(DOUBTS, name)}: {count:,}" for name, count in doubts.items())
            yield f"{outlet}: texts of the last run that may be incomplete: {parts} (`warraq read --explain URL` shows why)"
        if state["sources"] and state["sources"]["articles"]:
            yield _source_words(outlet, state["sources"])
        silent = (fruitless or {}).get("cause") == "sources"  # that line has told it
        conditions = [each for each in state["conditions"] if not (silent and each["condition"] == "failed")]
        yield from (f"{outlet}: {line}" for line in _trouble_lines(conditions, state["failing"]))
        for host, until in state["pauses"].items():
            yield f"{outlet}: {host} asks to be left alone until {_moment(until)}"
    failed = [outlet for outlet, state in sorted(found.items()) if (state["fruitless"] or {}).get("cause") == "sources"]
    if failed and len(failed) == len(found):
        yield (
            f"No source of any outlet could be read: is this machine on the network (DNS, proxy, clock)? Then "
            f"`warraq crawl {failed[0]} --limit 5` tries again."
        )
    elif failed:
        yield f"Open a source that failed in a browser; `warraq crawl {failed[0]} --limit 5` tries it again."


def _print_line(line: str) -> None:
    """A line, on a terminal broken between words."""
    console = Console(highlight=False)
    console.print(Text(line), soft_wrap=not console.is_terminal)


def _pass_words(passed: Json | None) -> str:
    """What a pass of verify found, in a line."""
    if passed is None:
        return "never"
    found = f"{passed['damage']:,} damaged" if passed["damage"] else "all good"
    pending = f", {passed['pending']:,} half done" if passed["pending"] else ""
    return f"{_moment(passed.get('finished_at'))}, {passed['objects']:,} objects, {found}{pending}"


def _trouble_lines(conditions: list[Json], failing: Json) -> Iterator[str]:
    """The same, a line each. A document that is simply not there is left out: others are."""
    for each in conditions:
        if each["condition"] != "absent":
            detail = f" ({each['detail']})" if each["detail"] else ""
            what = f"{plain(CONDITIONS, each['condition'])} {each['count']:,}"
            yield f"{each['source']}: {what} since {_moment(each['since'])}{detail}"
    if failing["pages"]:
        causes = ", ".join(f"{number:,} {cause}" for cause, number in failing["causes"].items())
        yield f"{failing['pages']:,} pages fail again and again, the first since {_moment(failing['since'])}: {causes}"
    if failing["quarantined"]:
        yield f"{failing['quarantined']:,} pages that broke their reader lie in quarantine/"


def _source_words(outlet: str, sources: Json) -> str:
    """The same in a line."""
    parts = [
        f"{kind} named {count['found']:,}"
        + (f" and missed {count['missed']:,} ({count['refilled']:,} refilled)" if count["missed"] else "")
        + (f", STOPPED {_moment(count['stopped'])}" if count["stopped"] else "")
        for kind, count in sources["kinds"].items()
    ]
    return f"{outlet}: {sources['articles']:,} new articles in {sources['days']} days; {' · '.join(parts)}"


def _silence_words(silence: Json | None) -> str:
    """The same in a word or two."""
    if silence is None:
        return "not watched"
    if silence["read_again"]["cause"]:
        return f"UNREADABLE: {plain(CAUSES, silence['read_again']['cause'])}"
    if silence["cause"]:
        return f"SILENT: {plain(CAUSES, silence['cause'])}"
    return f"read worse: {plain(DRIFTS, silence['drift'])}" if silence["drift"] else "none"


def _moment(stamp: str | None) -> str:
    return stamp[:16].replace("T", " ") if stamp else "never"
