"""Asking a site by the rules of a crawl, within a bound: its home page, what lists its articles, and some of them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

from crawler.crawl.fetch_one import Fetch
from crawler.discovery.documents.entries import Entry, Listed
from crawler.discovery.documents.feed import read_feed
from crawler.discovery.documents.posts import read_posts
from crawler.discovery.documents.robots import read_robots
from crawler.discovery.documents.sitemap import read_sitemap
from crawler.discovery.documents.text import RawDocument
from crawler.survey.article_routes import slugless
from crawler.survey.documents import read_site
from crawler.survey.errors import SurveyError
from crawler.survey.evidence import Evidence, SeenAddress
from crawler.survey.layout import layout_of
from crawler.survey.page import PageLook, look_at
from crawler.survey.page_choice import PageChooser
from crawler.survey.past import PastPage, index_of, read_captures
from crawler.survey.shapes import LANGUAGES, shape_of
from crawler.survey.site import SeenFeed, SeenSitemaps, Survey, hosts_of
from extractors.addresses import parse_address
from extractors.article import Article, NotAnArticle, Page

MOST_REQUESTS: Final = 40
ARTICLES: Final = 12
"""Articles that are looked at."""
PROBES: Final = 20
"""Pages that are looked at to find them."""
MOST_POSTS, MOST_CHILDREN, MOST_HOSTS, MOST_OF_A_PAGE = 100, 3, 2, 3
MOST_FEEDS, MOST_SITEMAPS, MOST_SECTIONS = 3, 4, 4
FEEDS: Final = ("/feed/", "/rss.xml", "/rss", "/feed.xml")
SITEMAPS: Final = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml")
_POSTS: Final = "wp/v2/posts"
_FEED_TYPES: Final = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
_XML: Final = "application/xml, text/xml;q=0.9, */*;q=0.5"
_HTML: Final = "text/html,application/xhtml+xml,*/*;q=0.5"
_ARTICLES_IN: Final = re.compile(r"post|news|article|story|content|node", re.IGNORECASE)
_SECOND: Final = re.compile(r"[?&]page=2(?:&|$)|/page/2/?$")
_OTHERS_IN: Final = re.compile(r"categor|tag|author|user|image|video|taxonom|page-sitemap|pages", re.IGNORECASE)


Run = Callable[..., Awaitable[Any]]
"""Calls a function in a reader process."""


class Surveyor:
    """One look at a site. note: is told what is done, a line each."""

    def __init__(self, fetch: Fetch, run: Run, max_bytes: int, note: Callable[[str], None]) -> None:
        self._fetch, self._run, self._max_bytes, self._note = fetch, run, max_bytes, note
        self._spent = 0
        self._hosts_asked: set[str] = set()
        self._tried: list[str] = []
        self._unreachable = False
        self._past: dict[str, list[PastPage]] = {}
        self._survey: Survey

    async def look(self, url: str) -> Survey:
        """Of a site that nobody answers for, as the Wayback Machine has it. Raises SurveyError where there is nothing to see."""
        try:
            home = await self._home(url)
        except SurveyError as error:
            if not self._unreachable:
                raise
            return await self._look_back(url, error)
        host = (urlsplit(home.page.url).hostname or "").lower()
        hosts = hosts_of(host)
        root = f"{urlsplit(home.page.url).scheme}://{host}"
        self._survey = Survey(home, hosts, Evidence(hosts), SeenSitemaps(f"{root}/robots.txt"), tried=self._tried)
        self._take(home)
        await self._feeds(root)
        await self._wordpress(root)
        await self._sitemaps(root)
        await self._articles()
        await self._sections()
        await self._other_hosts()
        await self._slugless()
        return await self._done()

    async def _look_back(self, url: str, error: SurveyError) -> Survey:
        """The same over captures, at the pace that is kept to web archives."""
        host = (urlsplit(url).hostname or "").lower()
        self._note(f"{host} cannot be reached; asking the Wayback Machine for it, some seconds a page")
        captures: list[PastPage] | None = await self._document(index_of(host), "application/json", read_captures)
        if captures is None:
            raise SurveyError(f"{error}; nor can the Wayback Machine be asked: {self._tried[-1]}")
        if not captures:
            raise SurveyError(f"{error}; nor has the Wayback Machine any page of {host}")
        hosts = hosts_of(host)
        evidence = Evidence(hosts)
        for capture in captures:
            seen = evidence.see(capture.url)
            if seen is not None:
                seen.named_by.add("archive")
                self._past.setdefault(seen.url, []).append(capture)
        home = next((each for each in captures if evidence.see(each.url) is None), captures[0])
        answer = await self._get(home.replay, _HTML)
        if answer is None:
            raise SurveyError(f"{error}; {self._tried[-1]}")
        look: PageLook = await self._run(look_at, home.page(answer))
        self._survey = Survey(look, hosts, evidence, SeenSitemaps(""), tried=self._tried)
        self._survey.last_capture = max(capture.at for capture in captures).date()
        self._take(look)
        self._note(f"the Wayback Machine: {len(captures)} captures of {len(self._past)} addresses")
        await self._articles()
        return await self._done()

    async def _done(self) -> Survey:
        self._survey.layout = await self._run(layout_of, self._survey.articles)
        self._survey.requests = self._spent
        return self._survey

    async def _home(self, url: str) -> PageLook:
        page = await self._get(url, _HTML)
        if page is None:
            elsewhere = re.search(r"not asked: (\S+) is not a host of", self._tried[-1])
            if elsewhere:
                raise SurveyError(f"{url} leads to another host; if that is the outlet: warraq outlet add https://{elsewhere[1]}")
            raise SurveyError(self._tried[-1])
        look: PageLook = await self._run(look_at, page)
        return look

    async def _get(self, url: str, accept: str) -> Page | None:
        """None where nothing came, which is kept with its reason, and where the bound is reached."""
        host = urlsplit(url).netloc
        if self._spent + 1 + (host not in self._hosts_asked) > MOST_REQUESTS:
            return None
        answer = await self._fetch(url, accept)
        self._spent += answer.requests + (host not in self._hosts_asked)  # robots.txt comes first
        self._hosts_asked.add(host)
        if answer.page is None:
            self._unreachable = answer.unreachable
            self._tried.append(f"{url}: {answer.reason}")
            return None
        self._hosts_asked.add(urlsplit(answer.page.url).netloc)
        return answer.page

    async def _document(self, url: str, accept: str, parser: Callable[[RawDocument], Any]) -> Any:
        """What a parser makes of a document; None where there is none, or it is another."""
        page = await self._get(url, accept)
        if page is None:
            return None
        try:
            return await self._run(parser, RawDocument(page.url, page.body, page.content_type or "", self._max_bytes))
        except Exception as error:  # noqa: BLE001  # any document may trip any parser; who is told: whoever reads what was tried
            self._tried.append(f"{url}: {error}")
            return None

    def _take(self, look: PageLook) -> None:
        """The links of a page, and what the page is."""
        evidence = self._survey.evidence
        evidence.pages_read.add(look.page.url)
        for link in look.links:
            seen = evidence.see(link.url)
            if seen is not None:
                seen.labels.append(link.label)
                seen.pages.add(look.page.url)

    async def _feeds(self, root: str) -> None:
        home = self._survey.home
        named = [url for url in home.feeds if "comment" not in url and (urlsplit(url).hostname or "") in self._survey.hosts]
        for url in named[:MOST_FEEDS] or [root + path for path in FEEDS]:
            listed: Listed | None = await self._document(url, _FEED_TYPES, read_feed)
            if listed is None or not listed.entries:
                continue
            self._survey.feeds.append(SeenFeed(url, listed.entries))
            self._name(listed.entries, "feed")
            self._note(f"feed {url}: {len(listed.entries)} articles")
            if not named:
                return

    async def _wordpress(self, root: str) -> None:
        home = self._survey.home
        if home.api is None and not home.wordpress:
            return
        api = home.api or f"{root}/wp-json/"
        if "/wp-json" in api:
            self._survey.wordpress = await self._document(
                f"{api}?_fields=name,timezone_string,gmt_offset,namespaces", "application/json", read_site
            )
        endpoint = urljoin(api, _POSTS) if "/wp-json" in api else f"{root}/wp-json/{_POSTS}"
        posts = await self._document(
            f"{endpoint}?per_page={MOST_POSTS}&_fields=id,link,date_gmt,modified_gmt", "application/json", read_posts
        )
        entries = (
            [Entry(post.url, f"{post.published}Z" if post.published else "") for post in posts.posts if post.url] if posts else []
        )
        if entries:
            self._survey.posts, self._survey.posts_unread = endpoint, len(entries) >= MOST_POSTS
            self._name(entries, "wordpress")
            self._note(f"WordPress's API {endpoint} answers")

    async def _sitemaps(self, root: str) -> None:
        sitemaps = self._survey.sitemaps
        named: list[str] | None = await self._document(sitemaps.robots, "text/plain", read_robots)
        sitemaps.named = [url for url in named or [] if urlsplit(url).hostname in self._survey.hosts]
        for url in sitemaps.named[:MOST_SITEMAPS] or [root + path for path in SITEMAPS]:
            listed: Listed | None = await self._document(url, _XML, read_sitemap)
            if listed is None or not listed.entries:
                continue
            if not sitemaps.named:
                sitemaps.found.append(url)
            await self._sitemap(url, listed)
            if not sitemaps.named:
                break
        if sitemaps.entries:
            self._note(f"sitemaps: {len(sitemaps.entries)} addresses read, {len(sitemaps.children)} sitemaps behind indexes")

    async def _sitemap(self, url: str, listed: Listed) -> None:
        sitemaps = self._survey.sitemaps
        if listed.kind != "sitemapindex":
            self._list(listed)
            return
        sitemaps.children += [entry.url for entry in listed.entries]
        template = _daily(listed.entries)
        if template is not None:
            sitemaps.daily = url, template
        likely = _likely(listed.entries)
        sitemaps.unread = sitemaps.unread or len(likely) > MOST_CHILDREN
        for child in dict.fromkeys((likely[0], likely[-1], likely[len(likely) // 2])):
            inner: Listed | None = await self._document(child, _XML, read_sitemap)
            if inner is not None and inner.kind != "sitemapindex":
                self._list(inner)

    def _list(self, listed: Listed) -> None:
        self._survey.sitemaps.entries += listed.entries
        self._name(listed.entries, "sitemap")

    def _name(self, entries: Iterable[Entry], kind: str) -> None:
        for entry in entries:
            seen = self._survey.evidence.see(entry.url)
            if seen is not None:
                seen.named_by.add(kind)
                seen.published = seen.published or entry.published

    async def _articles(self) -> None:
        """Looks at pages of every shape of address that may be an article's, most at those of which some were."""
        found, chooser = 0, PageChooser(self._survey.evidence, self._past)
        for _ in range(PROBES):
            seen = chooser.next()
            if seen is None or found >= ARTICLES:
                break
            look = await self._page(seen.url)
            seen.is_article = look.verdict if look is not None else None
            led_to = self._survey.evidence.see(look.page.url) if look is not None else None
            if led_to is not None and led_to is not seen:
                seen.led_to, led_to.is_article = led_to, seen.is_article
            chooser.learn(seen)
            found += bool(seen.is_article)
        self._note(f"{found} articles read, {len(self._survey.looks) - found} other pages")

    async def _page(self, url: str) -> PageLook | None:
        """A page, kept among those looked at; of one in the past, the first capture that is no challenge or the like."""
        look: PageLook | None = None
        captures: list[PastPage | None] = [*self._past.get(url, ())] or [None]
        for past in captures[:MOST_OF_A_PAGE]:
            page = await self._get(past.replay if past else url, _HTML)
            if page is None:
                continue
            try:
                look = await self._run(look_at, past.page(page) if past else page)
            except Exception as error:  # noqa: BLE001  # any page may trip any parser; who is told: whoever reads what was tried
                self._tried.append(f"{url}: {error}")
                continue
            if not (isinstance(look.result, NotAnArticle) and look.result.transient):
                break
        if look is not None:
            self._take(look)
            self._survey.looks.append(look)
        return look

    async def _other_hosts(self) -> None:
        """Other hosts of the domain that have the same articles (`m.`, `video.`): the site itself shows what they link to."""
        domain = self._survey.hosts[0].removeprefix("www.")
        shapes = {seen.shape.key for seen in self._survey.evidence.articles}
        offered: dict[str, str] = {}
        for link in (link for look in (self._survey.home, *self._survey.looks) for link in look.links):
            address = parse_address(link.url)
            if address is None or address.host in self._survey.hosts or not address.host.endswith(f".{domain}"):
                continue
            if shape_of(address).key in shapes:
                offered.setdefault(address.host, link.url)
        for host, url in list(offered.items())[:MOST_HOSTS]:
            here = urlsplit(url)._replace(netloc=self._survey.hosts[0]).geturl()
            look = await self._page(here)
            if look is not None and look.is_article:
                self._survey.hosts = (*self._survey.hosts, host)
                self._survey.evidence.hosts |= {host}

    async def _sections(self) -> None:
        """Pages that may list articles: what they link to tells what is listed nowhere else."""
        evidence = self._survey.evidence
        in_sitemaps = sum(seen.is_surely_article for seen in evidence.all if "sitemap" in seen.named_by)
        complete = self._survey.posts is not None or in_sitemaps > 1
        linked = [seen for seen in evidence.all if seen.is_article is None and seen.labels]
        sections = [seen for seen in linked if evidence.is_navigation(seen)]
        sections = sections or [seen for seen in linked if 0 < seen.words <= 3 and not seen.named_by]
        urls = dict.fromkeys([*_above(evidence.articles), *(seen.url for seen in sections)])
        for url in list(urls)[: MOST_SECTIONS // 2 if complete else MOST_SECTIONS]:
            look = await self._listing(url)
            following = next((link.url for link in look.links if _SECOND.search(link.url)), None) if look is not None else None
            if following is not None and not complete:
                await self._listing(following)

    async def _listing(self, url: str) -> PageLook | None:
        """A page that is no article; what it links to is taken in."""
        look = await self._page(url)
        if look is None or look.is_article:
            return None
        seen = self._survey.evidence.see(url)
        if seen is not None:
            seen.is_article = False
        self._survey.listings.append(look)
        return look

    async def _slugless(self) -> None:
        """Whether an address that ends at the number shows the same article."""
        for look in self._survey.articles:
            seen = self._survey.evidence.get(look.page.url)
            short = slugless(seen) if seen is not None else None
            if short is None or not isinstance(look.result, Article):
                continue
            page = await self._get(short[1], _HTML)
            if page is not None:
                other: PageLook = await self._run(look_at, page)
                if isinstance(other.result, Article) and other.result.headline == look.result.headline:
                    self._survey.verified = short[0]
            return


def _above(articles: Iterable[SeenAddress]) -> list[str]:
    """Addresses of the words before number, date or slug: `/ar/articles` of `/ar/articles/12/slug`, which often list articles."""
    found: dict[str, None] = {}
    for seen in articles:
        words = [part.text for part in itertools.takewhile(lambda part: part.kind == "word", seen.shape.path[:-1])]
        if words and words[-1] not in LANGUAGES:
            path = "".join("/" + quote(word) for word in words)
            found.setdefault(f"{seen.address.scheme}://{seen.address.host}{path}")
    return list(found)[:2]


def _likely(children: tuple[Entry, ...]) -> list[str]:
    """The children of an index that hold articles, by their names."""
    urls = [entry.url for entry in children]
    likely = [url for url in urls if _ARTICLES_IN.search(urlsplit(url).path) and not _OTHERS_IN.search(url)]
    return likely or [url for url in urls if not _OTHERS_IN.search(url)] or urls


def _daily(children: tuple[Entry, ...]) -> str | None:
    """The template of sitemaps that are named by a day in their query (Al Jazeera's form, which `DailySitemap` reads)."""
    if len(children) < 2:
        return None
    parts = urlsplit(children[0].url)
    if not re.fullmatch(r"yyyy=[0-9]{4}&mm=[0-9]{1,2}&dd=[0-9]{1,2}", parts.query):
        return None
    return parts._replace(query="yyyy=%Y&mm=%m&dd=%d").geturl()
