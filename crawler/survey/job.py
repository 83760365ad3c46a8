"""From an address to an outlet's file with recorded pages: look, draft, write, and read the pages with what was written."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from crawler.config import Config
from crawler.crawl.fetch_one import Fetch, ask
from crawler.crawl.process import settings_for_pages
from crawler.download.web_archives import HOSTS
from crawler.outlet_files.loaded_outlet import RESERVED, SLUG, OutletFileError
from crawler.outlet_files.loading import PAGES, collected, outlet_files, packaged
from crawler.outlet_files.reading import outlet_from
from crawler.outlet_files.recording import page_name, record_page
from crawler.read.reader_pool import readers_for
from crawler.survey.drafting import Draft, draft_of, state_lines
from crawler.survey.errors import SurveyError
from crawler.survey.grammar import grammar_of
from crawler.survey.layout import repeated_lines
from crawler.survey.page import PageLook
from crawler.survey.site import Survey, hosts_of
from crawler.survey.surveyor import Surveyor
from crawler.survey.writing import outlet_file
from extractors.article import Article, NotAnArticle
from extractors.outlets import built_in, provide
from extractors.reader import read

RECORDED: Final = 3
"""Pages that are recorded."""
FEW: Final = 3
"""So many links of the home page to another host of the domain are told, where there are no articles."""
ALIKE: Final = 0.9
"""A page reads well with the drafted container if so many of the words that are found without it are there, and few more."""


@dataclass(slots=True)
class Added:
    """What was written. doubts: sentences; read, of: how many of the pages that were looked at are articles by the file."""

    slug: str
    file: Path
    recorded: list[Path]
    survey: Survey
    doubts: list[str] = field(default_factory=list)
    read: int = 0
    of: int = 0


def slug_of(url: str) -> str:
    """A name for the outlet of an address, from its host."""
    host = (urlsplit(url).hostname or "").lower().removeprefix("www.")
    labels = host.split(".")
    telling = labels[0] not in RESERVED and (len(labels) < 3 or labels[0] not in {"ar", "arabic", "news", "m"})
    short = labels[0] if telling else "_".join(labels[:2])
    return re.sub(r"[^a-z0-9_-]", "", short.replace("-", "_"))[:40]


def add_outlet(
    url: str, folder: Path, name: str | None, config: Config, note: Callable[[str], None], *, force: bool = False
) -> Added:
    """Raises SurveyError: no outlet can be made of the site, or there is one; OutletFileError: another file is at fault."""
    slug = name or slug_of(url)
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        used = "an archive uses it for something else" if slug in RESERVED else "small letters, digits, _ and -, at most 40"
        raise SurveyError(f"{slug!r} cannot be the name of an outlet: {used}; give one with --name")
    file = folder / f"{slug}.toml"
    others = [each for each in (outlet_files(folder) if folder.exists() else []) if each != file]
    known = {**built_in(), **{name: each.outlet for name, each in collected(others, packaged()).items()}}
    host = (urlsplit(url).hostname or "").lower()
    owner = next((name for name, outlet in known.items() if host in outlet.hosts), None)
    if owner is not None:
        raise SurveyError(f"{host} is a host of the outlet {owner} already: `warraq crawl {owner}`")
    if slug in known:
        raise SurveyError(f"there is an outlet named {slug} already; give another name with --name")
    if not force and file.exists():
        raise SurveyError(f"{file} is there already; --force writes it anew, --name gives another name")
    _check_writable(folder)
    provide(dict)  # nothing of what is known of other outlets is used here
    seen = survey(url, config, note)
    if not seen.articles:
        tried = f" ({'; '.join(seen.tried[:6])})" if seen.tried else ""
        counts = f"{len(seen.looks)} pages looked at, {seen.requests} requests"
        raise SurveyError(f"{url}: no articles found: {counts}{_why_none(seen)}{tried}")
    assert seen.layout is not None  # a look that came to its end has one
    draft = draft_of(seen, slug, grammar_of(seen.evidence, seen.verified), seen.layout, datetime.now(UTC).date())
    was_there = file.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _validated(file, others, Added(slug, file, [], seen), draft)
    except OSError as error:
        if not was_there:
            with suppress(OSError):
                file.unlink()  # what was written in part would stop every command
        raise SurveyError(f"{error.filename or file}: {error.strerror or error}") from error


def _check_writable(folder: Path) -> None:
    """Before the site is asked. Raises SurveyError."""
    near = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    if not near.is_dir():
        raise SurveyError(f"{folder}: {near} is no folder")
    if not os.access(near, os.W_OK | os.X_OK):
        raise SurveyError(f"{folder}: nothing may be written into {near}")


def _why_none(seen: Survey) -> str:
    """What the address and the links of its page say about that."""
    asked = urlsplit(seen.home.page.url)
    if asked.path.count("/") > 1 or asked.query:
        return f"; if it is not the home page: warraq outlet add {asked.scheme}://{asked.netloc}"
    if not any(seen.evidence.see(link.url) for link in seen.home.links):
        return "; its home page links to no other page of the site, as one that a script draws"
    domain = seen.hosts[0].removeprefix("www.")
    linked = Counter((urlsplit(link.url).hostname or "").lower() for link in seen.home.links)
    others = [host for host, times in linked.most_common(5) if times >= FEW and host.endswith(f".{domain}")]
    others = [host for host in others if host not in seen.hosts]
    return f"; its links lead to {', '.join(others)}: each can be added as an outlet" if others else ""


def survey(url: str, config: Config, note: Callable[[str], None]) -> Survey:
    """Looks at a site by the rules of a crawl. Raises SurveyError, KeyboardInterrupt."""
    settings = settings_for_pages()
    settings.set("LOG_LEVEL", "CRITICAL", priority="cmdline")  # what fails is the outcome, in a line of ours
    # A redirect to another host than these is not followed: it is another site, which a person decides about.
    domains = [*HOSTS, *hosts_of((urlsplit(url).hostname or "").lower())]

    async def look(fetch: Fetch) -> Survey:
        with closing(readers_for(config)) as readers:
            return await Surveyor(fetch, readers.run, config.max_document_bytes, note).look(url)

    seen: Survey | None = ask(look, settings, domains)
    if seen is None:
        raise SurveyError(f"{url}: the look was broken off")
    return seen


def _validated(file: Path, others: Sequence[Path], added: Added, draft: Draft) -> Added:
    """Reads the pages with the file. A container by which they read otherwise than without it is taken out again; lines that
    repeat in what is read become furniture.
    """
    results = _read(file, others, added, draft)
    alike = [_alike(look.result, result) for look, result in results if isinstance(look.result, Article)]
    if draft.layout and sum(alike) < ALIKE * len(alike):
        draft.layout.clear()
        draft.doubts.append(
            "the container that pages agree on loses text or the date, or adds text: left out, stories are found by structure"
        )
        results = _read(file, others, added, draft)
    if state_lines(draft, repeated_lines([result for _, result in results if isinstance(result, Article)])):
        results = _read(file, others, added, draft)
    added.of, added.read = len(results), sum(isinstance(result, Article) for _, result in results)
    refused = [(look, result) for look, result in results if isinstance(result, NotAnArticle)]
    added.doubts += draft.doubts
    added.doubts += [
        f"{look.page.url} was read as an article, and is none by the file ({result.reason})" for look, result in refused[:5]
    ]
    names: Counter[str] = Counter()
    for look in _different([look for look, result in results if isinstance(result, Article)]):
        name = page_name(look.page.url)
        names[name] += 1
        name = name if names[name] == 1 else f"{name}-{names[name]}"  # `/4711/a/details.html` and `/4712/b/details.html`
        added.recorded += record_page(look.page, added.slug, file.parent / PAGES / added.slug, name)
    return added


def _read(file: Path, others: Sequence[Path], added: Added, draft: Draft) -> list[tuple[PageLook, Article | NotAnArticle]]:
    """The pages, by the file as the draft has it now."""
    text = outlet_file(draft)
    try:
        outlet_from(text, added.slug, str(file), {})
    except OutletFileError as error:  # not to be left among the outlets, where it would stop every command
        drafted = file.with_suffix(".draft")
        drafted.write_text(text, encoding="utf-8")
        raise SurveyError(f"what was drafted cannot be read; it stands in {drafted}\n{error}") from error
    file.write_text(text, encoding="utf-8")
    outlets = {slug: each.outlet for slug, each in collected([file, *others]).items()}
    provide(lambda: outlets)
    return [(look, read(look.page, added.slug)) for look in added.survey.articles]


def _alike(before: Article, after: Article | NotAnArticle) -> bool:
    if isinstance(after, NotAnArticle) or (before.date_published or "")[:10] != (after.date_published or "")[:10]:
        return False
    old, new = _words(before), _words(after)
    shared = len(set(old) & set(new))
    return shared >= ALIKE * len(set(old)) and len(new) <= 1.15 * len(old) + 10


def _words(article: Article) -> list[str]:
    """Of the story, and of the dateline, which one reading may take for a part of it."""
    return [*article.body.split(), *(article.dateline.text.split() if article.dateline else ())]


def _different(looks: list[PageLook]) -> list[PageLook]:
    """A few pages, as different in size as there are."""
    ordered = sorted({look.page.url: look for look in looks}.values(), key=lambda look: len(look.page.body))
    places = {0, len(ordered) // 2, len(ordered) - 1} if ordered else set()
    return [ordered[place] for place in sorted(places)][:RECORDED]
