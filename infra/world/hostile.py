"""Pages, feeds and sitemaps of the living outlets with the faults of the real web, which a crawl must survive.

Each is offered by its outlet's own discovery documents, so that a crawl meets it. `TROUBLES` says what each address does
and what must become of it; the stories among them (`articles/hostile.toml`) are articles all the same and are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import resources
from itertools import count

from crawler.demo import feeds
from crawler.demo.answer import XML, Answer, SiteRequest, page, redirect
from crawler.demo.history import CHALLENGE
from crawler.demo.sites.site import Offer, Site
from crawler.demo.story import ZONES, DemoStory, OfferedLink, stories
from infra.world.segments import gzipped, segment

ENAB, JAZEERA, BALADI = "https://www.enabbaladi.net", "https://www.aljazeera.net", "https://baladi-news.com"
_DAY = datetime(2026, 11, 7, 12, tzinfo=ZONES["enab_baladi"])
_SECONDS_A_DRIP = 0.5


@dataclass(frozen=True, slots=True)
class Trouble:
    """An address that misbehaves: what it does, and the fate that must come of it."""

    outlet: str
    source: str
    url: str
    does: str
    fate: str


TROUBLES = (
    Trouble("enab_baladi", "sitemap", f"{ENAB}/990101/cut-transfer/", "cut transfer", "failed"),
    Trouble("enab_baladi", "sitemap", f"{ENAB}/990102/cut-page/", "cut page", "failed"),
    Trouble("enab_baladi", "sitemap", f"{ENAB}/990103/endless-redirects/", "endless redirects", "failed"),
    Trouble("enab_baladi", "sitemap", f"{ENAB}/990104/slow-drip/", "slow drip", "failed"),
    Trouble("enab_baladi", "sitemap", f"{ENAB}/990105/too-large/", "too large", "failed"),
    Trouble("enab_baladi", "sitemap", f"{ENAB}/990106/always-500/", "always 500", "failed"),
    Trouble("al_jazeera", "sitemap", f"{JAZEERA}/news/2026/11/7/binary-page", "binary", "not_an_article"),
    Trouble("al_jazeera", "sitemap", f"{JAZEERA}/news/2026/11/7/soft-404", "soft 404", "gone"),
    Trouble("al_jazeera", "sitemap", f"{JAZEERA}/news/2026/11/7/not-found", "404", "gone"),
    Trouble("al_jazeera", "sitemap", f"{JAZEERA}/news/2026/11/7/removed", "410", "gone"),
    Trouble("al_jazeera", "sitemap", f"{JAZEERA}/news/2026/11/7/challenge", "challenge 200", "failed"),
    Trouble("baladi_news", "listing", f"{BALADI}/ar/articles/990201", "challenge 403", "failed"),
    Trouble("baladi_news", "listing", f"{BALADI}/ar/articles/990202", "empty", "failed"),
)
BROKEN_SITEMAPS = (
    "truncated-sitemap.xml",
    "html-sitemap.xml",
    "entities-sitemap.xml",
    "endless-sitemap.xml",
    "zip-bomb-sitemap.xml.gz",
)
"""Children of Enab Baladi's sitemap index. The truncated one names one story before it breaks off."""


def hostile_stories() -> list[DemoStory]:
    """Articles on pages that something is wrong with."""
    return stories("enab_baladi", file=resources.files("infra.world") / "articles" / "hostile.toml")


def hostile_links() -> list[OfferedLink]:
    """The troubles, as addresses that discovery documents offer."""
    return [
        OfferedLink(
            outlet=one.outlet, url=one.url, fate=one.fate, offered=frozenset({one.source}), published=_DAY, headline=one.does
        )
        for one in TROUBLES
    ]


class HostilePages(Site):
    """A living outlet's site with the troubles put before it."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.stories, site.links)
        self._site = site
        self.outlet, self.home, self.hosts, self.mirrors, self.sources = (
            site.outlet,
            site.home,
            site.hosts,
            site.mirrors,
            site.sources,
        )
        self._does = {one.url.partition(site.home)[2]: one.does for one in TROUBLES if one.outlet == site.outlet}
        self._trouble = {self._path(story): story.more["trouble"] for story in site.stories if "trouble" in story.more}
        self._asked: set[str] = set()

    def answer(self, request: SiteRequest) -> Answer:
        """The trouble that stands at an address, else what the outlet answers."""
        if request.scheme == "https" and request.host == self.home:
            path = request.path.rstrip("/")
            if request.path in self._does or path in self._does:
                return self._misbehave(self._does.get(request.path) or self._does[path], request)
            if request.path.startswith("/990103/"):
                return self._misbehave("endless redirects", request)
            if request.path in self._trouble:
                return self._troubled(self._trouble[request.path], request)
            if self.outlet == "enab_baladi":
                return _broken_sitemap(request.path.removeprefix("/"), self.offered("truncated"), self.url) or self._index(
                    request
                )
            if request.path.startswith("/aljazeerarss/"):
                return page(
                    "<!DOCTYPE html><html lang='ar'><head><title>الجزيرة نت</title></head><body><p>صيانة</p></body></html>"
                )
        return self._site.answer(request)

    def url(self, story: DemoStory) -> str:
        """The outlet's own."""
        return self._site.url(story)

    def offers(self) -> list[Offer]:
        """Al Jazeera's feed is an HTML page in this world, so it offers nothing."""
        offers = self._site.offers()
        if self.outlet == "al_jazeera":
            return [offer for offer in offers if offer.source != "feed"]
        return offers + [Offer(self.outlet, "sitemap", self.url(story), "kept") for story in self.offered("truncated")]

    def _path(self, story: DemoStory) -> str:
        return self._site.url(story).partition(self.home)[2]

    def _index(self, request: SiteRequest) -> Answer:
        """The sitemap index with the broken children first: a crawler that gives up at one loses the good ones."""
        answer = self._site.answer(request)
        if request.path != "/sitemap_index.xml":
            return answer
        broken = "".join(f"<sitemap><loc>{ENAB}/{name}</loc></sitemap>\n" for name in BROKEN_SITEMAPS)
        return replace(answer, body=answer.body.replace(b"<sitemap>", broken.encode() + b"<sitemap>", 1))

    def _whole(self) -> bytes:
        """The page of a story of this outlet, to be spoilt."""
        story = next(story for story in self._site.stories if story.status == 200 and len(story.blocks) > 2)
        return self._site.answer(SiteRequest("GET", "https", self.home, self._path(story))).body

    def _misbehave(self, does: str, request: SiteRequest) -> Answer:
        if does.startswith("cut"):
            whole = self._whole()
            half = whole[: whole.rindex(b"<p>", 0, whole.index(b"correction-box")) + 31]  # in the middle of the last paragraph
            return Answer(body=half, claimed_length=len(whole) if does == "cut transfer" else None)
        if does == "endless redirects":
            step = int(request.query.get("step", "0"))
            return replace(redirect(f"{ENAB}/990103/endless-redirects/?step={step + 1}", 302), lasting=False)
        if does == "slow drip":
            return Answer(chunks=lambda: (b"<!-- . -->" for _ in range(1200)), drip=_SECONDS_A_DRIP, lasting=False)
        if does == "too large":
            return Answer(chunks=lambda: (b"<p>" + b"x" * 65_000 + b"</p>" for _ in range(400)), lasting=False)
        fixed = {
            "always 500": Answer(status=500, body=b"Internal Server Error"),
            "binary": Answer(body=b"\x00\x01\x02PK\x03\x04" + bytes(range(256)) * 64),
            "soft 404": page(
                '<!DOCTYPE html><html lang="ar"><head><title>الصفحة غير موجودة</title></head>'
                "<body><h1>عذرا، الصفحة غير موجودة</h1></body></html>"
            ),
            "404": page("<h1>404</h1>", 404),
            "410": page("<h1>410 Gone</h1>", 410),
            "challenge 200": Answer(body=CHALLENGE),
            "challenge 403": Answer(status=403, body=CHALLENGE, headers=(("cf-mitigated", "challenge"),)),
            "empty": Answer(),
        }
        return fixed[does]

    def _troubled(self, trouble: str, request: SiteRequest) -> Answer:
        answer = self._site.answer(request)
        if trouble == "500 once" and request.path not in self._asked:
            self._asked.add(request.path)
            return Answer(status=500, body=b"Internal Server Error", lasting=False)
        html = answer.body.decode()
        if trouble == "windows-1256 as utf-8":
            undeclared = html.replace('<meta charset="UTF-8">', "")
            return replace(
                answer, body=undeclared.encode("windows-1256", "xmlcharrefreplace"), content_type="text/html; charset=UTF-8"
            )
        if trouble == "utf-8 as windows-1256":
            return replace(answer, content_type="text/html; charset=windows-1256")
        if trouble == "broken json-ld":
            return replace(answer, body=html.replace('"@type": "NewsArticle",', '"@type": "NewsArticle",, {', 1).encode())
        return answer


def _broken_sitemap(name: str, truncated: list[DemoStory], url: object) -> Answer | None:
    if name not in BROKEN_SITEMAPS:
        return None
    if name == "truncated-sitemap.xml":
        assert callable(url)
        locs = [feeds.Loc(url(story), story.changed) for story in truncated]
        whole = feeds.sitemap([*locs, feeds.Loc(f"{ENAB}/990109/never-named/", _DAY + timedelta(hours=1))]).body
        return Answer(body=whole[: whole.index(b"990109") + 9], content_type=XML)
    if name == "html-sitemap.xml":
        return page("<!DOCTYPE html><html><head><title>عنب بلدي</title></head><body><h1>عنب بلدي</h1></body></html>")
    if name == "entities-sitemap.xml":
        return Answer(body=_billion_laughs(), content_type=XML)
    if name == "endless-sitemap.xml":
        return Answer(chunks=_endless, content_type=XML, lasting=False)
    megabyte = segment(b"<url><loc>" + b" " * 1_048_566)
    return Answer(body=gzipped([segment(b"<urlset>"), *[megabyte] * 400]), content_type="application/x-gzip")


def _billion_laughs() -> bytes:
    """Ten levels of entities that each name the one before ten times."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">\n' for n in range(1, 11))
    return (
        f'<?xml version="1.0"?>\n<!DOCTYPE urlset [\n<!ENTITY e0 "warraq">\n{entities}]>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{ENAB}/990110/&e10;/</loc></url></urlset>'
    ).encode()


def _endless() -> Iterator[bytes]:
    """Locs for as long as anybody reads: some three hundred megabytes. They name no article."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    for block in count():
        if block == 3000:
            break
        yield "".join(
            f"<url><loc>{ENAB}/archives/category/endless/page/{block * 1000 + n}</loc></url>\n" for n in range(1000)
        ).encode()
    yield b"</urlset>\n"
