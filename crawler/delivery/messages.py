"""Events as messages for persons: what happened in plain words, and the command to run next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from crawler.delivery.sink import Event

Level = Literal["failure", "warning", "success", "info"]
_LEVELS: Final[tuple[Level, ...]] = ("failure", "warning", "success", "info")
_LONGEST: Final = 300
"""Characters of one line: services cut or refuse long messages."""
_RUNBOOK: Final = "infra/deploy/RUNBOOK.md"

Headline = Callable[[Event], str]
"""The headline of an article event, empty where there is none."""


@dataclass(frozen=True, slots=True)
class Message:
    """title: one line; text: more lines, may be empty; todo: what to run or read next, may be empty."""

    title: str
    text: str
    todo: str
    level: Level

    @property
    def body(self) -> str:
        """Text and what to do, as one text."""
        return "\n".join(part for part in (self.text, self.todo and f"What to do: {self.todo}") if part) or self.title


_CAUSES: Final = {
    "sources": "its feeds and sitemaps do not answer",
    "challenge": "a wall (captcha, login) stands before its pages",
    "unreadable": "its pages are no longer read as articles: it was probably redesigned",
    "disagreement": "one of its sources had stopped before",
    "quiet": "its pages are read as before: it may just publish nothing",
}


def _silent(event: Event, _: Headline) -> Message:
    outlet, data = event["subject"], event["data"]
    cause = _CAUSES.get(data.get("cause"), str(data.get("cause")))
    last = f"The last new article came {_day_and_hour(data['last_article'])}. " if data.get("last_article") else ""
    times = data.get("expected_intervals")
    silence = f"That is {times} times as long as is usual. " if times else ""
    detail = f"\n{data['detail']}" if data.get("detail") else ""
    since = f" --since {data['last_article'][:10]}" if data.get("last_article") else ""
    todo = f"`warraq status`, then «A silent outlet» in {_RUNBOOK}; once it answers, `warraq crawl {outlet}{since}`"
    return Message(f"{outlet} is silent: {cause}", f"{last}{silence}".strip() + detail, todo, "warning")


def _unreadable(event: Event, _: Headline) -> Message:
    outlet, data = event["subject"], event["data"]
    bad = [f"{url}: {verdict}" for url, verdict in (data.get("canaries") or {}).items() if verdict not in ("same", "changed")]
    todo = (
        f"`warraq read --explain {next(iter(data.get('canaries') or ['URL']))}`, then «An outlet that redesigned» in {_RUNBOOK}"
    )
    return Message(f"{outlet} cannot be read as before ({data.get('cause')})", "\n".join(bad[:3]), todo, "failure")


def _recovered(event: Event, _: Headline) -> Message:
    data = event["data"]
    since = data.get("silent_since") or data.get("unreadable_since")
    text = f"It had been so since {_day_and_hour(since)}." if since else ""
    what = "publishes again" if data.get("silent_since") else "can be read again"
    return Message(f"{event['subject']} {what}", text, f"`warraq crawl {event['subject']}` finds what was missed", "success")


def _source_failed(event: Event, _: Headline) -> Message:
    outlet, data = event["subject"], event["data"]
    failed = "\n".join(data["sources"][:3])
    more = f"\nand {len(data['sources']) - 3} more" if len(data["sources"]) > 3 else ""
    title = f"{len(data['sources'])} sources of {outlet} failed" if len(data["sources"]) > 1 else f"A source of {outlet} failed"
    todo = f"open it in a browser; `warraq crawl {outlet} --limit 5` tries again; «Sources that disagree» in {_RUNBOOK}"
    return Message(title, failed + more, todo, "warning")


def _work_dead(event: Event, _: Headline) -> Message:
    data = event["data"]
    letters = "\n".join(f"{letter['key']}: {letter['reason']}" for letter in data["letters"][:3])
    title = f"{data['dead']:,} dead letters in the queue: work that failed again and again"
    return Message(title, letters, "`warraq queue dead` says why; mend it, then `warraq queue redrive`", "warning")


def _damaged(event: Event, _: Headline) -> Message:
    data = event["data"]
    title = f"The archive has {data['damage']:,} damaged objects"
    text = f"Found by the {data['pass']} pass of verify that ended {_day_and_hour(data['finished_at'])}."
    return Message(title, text, f"`warraq verify --json` names them, then «Verify findings» in {_RUNBOOK}", "failure")


def _seal_failed(event: Event, _: Headline) -> Message:
    return Message("The archive could not be sealed", event["data"]["reason"], f"`warraq seal`; «Seals» in {_RUNBOOK}", "failure")


def _sealed(event: Event, _: Headline) -> Message:
    data = event["data"]
    return Message(f"Sealed: {data['size']:,} lines", data["checkpoint"], "keep this message: it is the checkpoint", "success")


def _article(event: Event, headline: Headline) -> Message:
    data, words = event["data"], {"article.kept": "New", "article.revised": "Revised", "article.gone": "Gone"}
    change = f" ({', '.join(data['change'])})" if isinstance(data.get("change"), list) else ""
    title = f"{words[event['type']]} in {data['outlet']}{change}: {headline(event) or event['subject']}"
    todo = "" if event["type"] == "article.kept" else f"`warraq diff {event['subject']}`"
    return Message(title, data["url"], todo, "warning" if event["type"] == "article.gone" else "info")


def _run_finished(event: Event, _: Headline) -> Message:
    fates = ", ".join(f"{count:,} {fate}" for fate, count in event["data"]["fates"].items() if count) or "nothing new"
    return Message(f"A crawl ended: {fates}", "", "", "info")


def _test(event: Event, _: Headline) -> Message:
    return Message("Warraq can reach you here", event["data"]["text"], "", "success")


_EVENTS: Final[dict[str, tuple[Callable[[Event, Headline], Message], str]]] = {
    "article.kept": (_article, "an article was kept for the first time"),
    "article.revised": (_article, "an article shows another text, came back, or an older text of it was found"),
    "article.gone": (_article, "an article is gone, confirmed by a later visit"),
    "run.finished": (_run_finished, "a crawl has ended; its fates"),
    "archive.sealed": (_sealed, "a checkpoint over all runs was signed; it holds the checkpoint itself"),
    "outlet.silent": (_silent, "nothing new came of an outlet for twice as long as is to be expected, and the likeliest cause"),
    "outlet.unreadable": (_unreadable, "known articles of an outlet, read again, are not what they were"),
    "outlet.recovered": (_recovered, "an outlet that was silent or unreadable is back"),
    "source.failed": (_source_failed, "a feed, sitemap, listing or API of an outlet failed; each at most once a day"),
    "work.dead": (_work_dead, "there are more dead letters in the queue than before; the first of them with their reasons"),
    "archive.damaged": (_damaged, "a pass of verify found damage"),
    "seal.failed": (_seal_failed, "the archive could not be sealed, and why"),
    "sink.test": (_test, "`warraq events test` tries a sink; stands in no change log"),
}
EVENTS: Final = {kind: meaning for kind, (_, meaning) in _EVENTS.items()}
"""Every type of event, and when it is announced."""
TYPES: Final = tuple(EVENTS)
ALARMS: Final = ("outlet.*", "source.failed", "work.dead", "archive.damaged", "seal.failed")
"""What an operator is told without asking for it."""


def is_one_of(kind: str, patterns: Iterable[str]) -> bool:
    """Whether a type of event is among those named, where `outlet.*` names several."""
    return any(fnmatchcase(kind, pattern) for pattern in patterns)


def message(events: Sequence[Event], headline: Headline, shown: int) -> Message:
    """One message for all: the event itself, or a digest that counts them and shows so many, the gravest first."""
    if len(events) == 1:
        single = _message(events[0], headline)
        return Message(_line(single.title), single.text, single.todo, single.level)
    ordered = sorted(events, key=lambda event: _LEVELS.index(_rank(event)))
    first = [_message(event, headline) for event in ordered[:shown]]
    lines = [
        *_counts(events),
        "",
        *(f"- {_day_and_hour(event['time'])} {_line(each.title)}" for event, each in zip(ordered, first, strict=False)),
    ]
    if len(events) > shown:
        lines.append(f"- and {len(events) - shown:,} more: `warraq events show --since {min(e['time'] for e in events)[:10]}`")
    todos = list(dict.fromkeys(each.todo for each in first if each.todo))[:3]
    return Message(f"Warraq: {len(events):,} events", "\n".join(lines), "\n".join(todos), _rank(ordered[0]))


def outlet_of(event: Event) -> str | None:
    """The outlet that an event is about; None: about the archive as a whole."""
    name = str(event["source"]).rpartition(":")[2]
    return None if name == "archive" else name


def _message(event: Event, headline: Headline) -> Message:
    """Of one event. One of a type that we do not know, or with data that another version wrote, is shown by its name."""
    try:
        return _EVENTS[event["type"]][0](event, headline)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError):
        return Message(f"{event['type']}: {event['subject']}", "", "", "info")


def _rank(event: Event) -> Level:
    return _message(event, lambda _: "").level


def _counts(events: Sequence[Event]) -> list[str]:
    """A line for each type: how many, and of which outlets."""
    types = Counter(event["type"] for event in events)
    lines = []
    for kind, count in types.most_common():
        outlets = Counter(outlet for event in events if event["type"] == kind and (outlet := outlet_of(event)))
        names = ", ".join(f"{outlet} {number:,}" for outlet, number in outlets.most_common())
        lines.append(f"{count:,} {kind}{f': {names}' if names else ''}")
    return lines


def _day_and_hour(moment: Any) -> str:
    try:
        return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M}"
    except (ValueError, TypeError):
        return str(moment)


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
