"""The gold beside the repository, ../shared/gold: sample texts wrapped in markup, real pages of other Arabic sites, layouts of
sites in other languages, small pages that go wrong.

Third-party text, for measuring only: it is read where it lies and never comes into the repository.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extractors import Page, locate, outlets
from extractors.page.decoding import decode
from infra.eval.arabic_letters import in_arabic, page_in_arabic
from infra.eval.gold import FETCHED, ROOT, Gold
from infra.eval.markup import BARE, in_layout

SHARED = ROOT.parent / "shared"
# Where the sample texts came from is not always known; their outlet's addresses have this form.
URLS = {
    "geiroon": "https://geiroon.net/archives/154755",
    "enab_baladi": "https://www.enabbaladi.net/archives/149000",
    "smart": "https://smartnews-agency.com/ar/wires/2018-05-12-x",
    "baladi_news": "https://baladi-news.com/ar/articles/23000",
    "al_jazeera": "https://www.aljazeera.net/news/2019/8/31/x",
}


def seeds(shared: Path = SHARED) -> Iterator[Gold]:
    """Each sample text line by line in bare markup, and in the container of every layout of its outlet."""
    for path in sorted((shared / "gold" / "seeds").glob("*.json")):
        gold = json.loads(path.read_text(encoding="utf-8"))
        lines = lines_of(gold, shared)
        forms = {name: wrap(lines) for name, wrap in BARE.items()}
        for layout in outlets()[gold["outlet"]].layouts:
            forms[f"in {layout.name}"] = in_layout(layout, gold, lines)
        for name, markup in forms.items():
            yield _gold("seeds", f"{path.stem[:3]} {name}", gold, URLS[gold["outlet"]], markup.encode())


def lines_of(gold: dict[str, Any], shared: Path = SHARED) -> list[str]:
    """The lines of a sample text, blank ones left out."""
    text = (shared / "seeds" / gold["seed"]).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip()]


def sites(shared: Path = SHARED) -> Iterator[Gold]:
    """Real pages of sites that nobody described, and a home page that is no article."""
    for path in sorted((shared / "gold" / "pages").glob("*/*.gold.json")):
        gold = json.loads(path.read_text(encoding="utf-8"))
        name = path.name.removesuffix(".gold.json")
        yield _gold("sites", name, gold, gold["url"], (path.parent / f"{name}.html").read_bytes())
    for path in sorted((shared / "gold" / "pages").glob("*/*.listing.html")):
        site = path.parent.name
        page = Page(url=f"https://www.{site}/", body=path.read_bytes(), content_type="text/html", fetched_at=FETCHED)
        yield Gold(group="sites", site=site, name=path.stem, page=page, outlet=None, refusal="any")


LAYOUT_FIGURES = frozenset({"precision", "recall", "f1", "half", "nine_tenths", "headline", "day", "authors", "read"})


def layouts(shared: Path = SHARED) -> Iterator[Gold]:
    """Real pages of news sites in other languages: as they are, then with their letters put into Arabic ones."""
    stored = sorted((shared / "gold" / "layouts").glob("*.json"))
    for arabic in (False, True):
        for path in stored:
            gold = json.loads(path.read_text(encoding="utf-8"))
            yield _layout(path.stem, gold, gzip.decompress(path.with_suffix(".html.gz").read_bytes()), arabic=arabic)


def _layout(name: str, gold: dict[str, Any], body: bytes, *, arabic: bool) -> Gold:
    mapped = in_arabic if arabic else str
    return Gold(
        group="layouts-arabic" if arabic else "layouts",
        site=name,
        name="page",
        page=Page(
            url=gold["url"],
            body=page_in_arabic(decode(body, "text/html")).encode() if arabic else body,
            content_type="text/html; charset=utf-8" if arabic else "text/html",
            fetched_at=FETCHED,
        ),
        outlet=None,
        headline=mapped(gold["headline"] or ""),
        body=tuple(map(mapped, gold["body"])),
        authors=tuple(map(mapped, gold["authors"])),
        date=gold["date_published"],
        precision="day",
        figures=LAYOUT_FIGURES,
        free=tuple(map(mapped, gold["summary"])),
    )


def cases(shared: Path = SHARED) -> Iterator[Gold]:
    """Small pages, one situation each, that readers get wrong."""
    for path in sorted((shared / "gold" / "cases").glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        body = path.with_suffix(".html").read_bytes()
        page = Page(url=case["url"], body=body, content_type=case["content_type"], fetched_at=FETCHED)
        yield Gold(group="cases", site=path.stem, name="page", page=page, outlet=case["outlet"], expected=case["expected"])


def _gold(group: str, name: str, gold: dict[str, Any], url: str, body: bytes) -> Gold:
    line = gold["dateline"]
    location = locate(url)
    # Where the text states no day its address may: then that is the date of the page.
    stated = location.date if location and not gold["date_published"] else None
    return Gold(
        group=group,
        site=gold["outlet"],
        name=name,
        page=Page(url=url, body=body, content_type="text/html", fetched_at=FETCHED),
        outlet=gold["outlet"] if gold["outlet"] in outlets() else None,
        headline=gold["headline"],
        body=tuple(gold["body"]),
        boilerplate_lines=tuple(
            dict.fromkeys([*gold["captions"], *gold.get("credits", ()), *(e["text"] for e in gold["boilerplate"])])
        ),
        authors=tuple(gold["authors"]),
        editors=tuple(gold["editors"]),
        sources=tuple(gold["sources"]),
        dateline=(line["text"], line["agency"], line["place"]) if line else None,
        date=gold["date_published"] or stated,
        precision=gold["date_published_precision"] or ("day" if stated else None),
    )
