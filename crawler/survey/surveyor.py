"""Asking a site by the rules of a crawl, within a bound: its home page, what lists its articles, and some of them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote, urlsplit

from crawler.crawl.fetch_one import Fetch
from crawler.survey.article_routes import slugless
from crawler.survey.article_sources import ArticleSources
from crawler.survey.bounded_requests import BoundedRequests, Run
from crawler.survey.errors import SurveyError
from crawler.survey.evidence import NAV_WORDS, Evidence, SeenAddress
from crawler.survey.layout import layout_of
from crawler.survey.listings import first_part, second_page
from crawler.survey.numbering import following, numbering_of
from crawler.survey.page import PageLook, look_at
from crawler.survey.page_choice import PageChooser
from crawler.survey.past import PastPage, index_of, read_captures
from crawler.survey.shapes import LANGUAGES, shape_of
from crawler.survey.site import SeenSitemaps, Survey, hosts_of
from extractors.addresses import parse_address
from extractors.article import Article, NotAnArticle

ARTICLES: Final = 12
"""Articles that are looked at."""
PROBES: Final = 20
"""Pages that are looked at to find them."""
FEW_LINKS: Final = 3
"""A page of no more links that leads to another by `refresh` or a script is none to look at."""
MOST_HOSTS, MOST_OF_A_PAGE, MOST_SECTIONS = 2, 3, 4
_HTML: Final = "text/html,application/xhtml+xml,*/*;q=0.5"


class Surveyor:
    """One look at a site. note: is told what is done, a line each."""

    def __init__(self, fetch: Fetch, run: Run, max_bytes: int, note: Callable[[str], None]) -> None:
        self._requests, self._note = BoundedRequests(fetch, run, max_bytes), note
        self._past: dict[str, list[PastPage]] = {}
        self._led_by: list[str] = []
        self._survey: Survey

    async def look(self, url: str) -> Survey:
        """Of a site that nobody answers for, as the Wayback Machine has it. Raises SurveyError where there is nothing to see."""
        try:
            home = await self._home(url)
        except SurveyError as error:
            if not self._requests.unreachable:
                raise
            return await self._look_back(url, error)
        host = (urlsplit(home.page.url).hostname or "").lower()
        hosts = hosts_of(host)
        root = f"{urlsplit(home.page.url).scheme}://{host}"
        self._survey = Survey(home, hosts, Evidence(hosts), SeenSitemaps(f"{root}/robots.txt"), tried=self._requests.tried)
        self._take(home)
        await ArticleSources(self._requests, self._survey, self._note).look(root)
        await self._articles()
        await self._sections()
        await self._other_hosts()
        await self._slugless()
        return await self._done()

    async def _look_back(self, url: str, error: SurveyError) -> Survey:
        """The same over captures, at the pace that is kept to web archives."""
        host = (urlsplit(url).hostname or "").lower()
        self._note(f"{host} cannot be reached; asking the Wayback Machine for it, some seconds a page")
        captures: list[PastPage] | None = await self._requests.document(index_of(host), "application/json", read_captures)
        if captures is None:
            reason = self._requests.tried[-1].removeprefix(f"{index_of(host)}: ")
            raise SurveyError(f"{error}; nor can the Wayback Machine be asked: {reason}")
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
        answer = await self._requests.get(home.replay, _HTML)
        if answer is None:
            raise SurveyError(f"{error}; {self._requests.tried[-1]}")
        look: PageLook = await self._requests.run(look_at, home.page(answer))
        self._survey = Survey(look, hosts, evidence, SeenSitemaps(""), tried=self._requests.tried)
        self._survey.last_capture = max(capture.at for capture in captures).date()
        self._take(look)
        self._note(f"the Wayback Machine: {len(captures)} captures of {len(self._past)} addresses")
        await self._articles()
        return await self._done()

    async def _done(self) -> Survey:
        self._survey.layout = await self._requests.run(layout_of, self._survey.articles)
        self._survey.requests = self._requests.spent
        return self._survey

    async def _home(self, url: str) -> PageLook:
        page = await self._requests.get(url, _HTML)
        if page is None:
            elsewhere = re.search(r"not asked: (\S+) is not a host of", self._requests.tried[-1])
            if elsewhere:
                raise SurveyError(f"{url} leads to another host; if that is the outlet: warraq outlet add https://{elsewhere[1]}")
            raise SurveyError(self._requests.tried[-1])
        look: PageLook = await self._requests.run(look_at, page)
        if look.leads_to is not None and len(look.links) <= FEW_LINKS and url not in self._led_by:
            self._led_by.append(url)
            return await self._home(look.leads_to)
        return look

    def _take(self, look: PageLook) -> None:
        """The links of a page, and what the page is."""
        evidence = self._survey.evidence
        evidence.pages_read.add(look.page.url)
        for link in look.links:
            seen = evidence.see(link.url)
            if seen is not None:
                seen.labels.append(link.label)
                seen.pages.add(look.page.url)
        if look.is_article and len(evidence.pages_read) > 1:  # the first is the home page, which may seem one
            return
        numbering = numbering_of(look)
        for url in (look.next, following(look.page.url, numbering).format(page=2, index=1) if numbering else None):
            seen = evidence.see(url) if url is not None else None
            if seen is not None and seen.words <= NAV_WORDS and not seen.named_by:
                seen.is_article = False  # what follows a listing is one

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
            page = await self._requests.get(past.replay if past else self._where_it_answers(url), _HTML)
            if page is None:
                continue
            try:
                look = await self._requests.run(look_at, past.page(page) if past else page)
            except Exception as error:  # noqa: BLE001  # any page may trip any parser; who is told: whoever reads what was tried
                self._requests.tried.append(f"{url}: {error}")
                continue
            if not (isinstance(look.result, NotAnArticle) and look.result.transient):
                break
        if look is not None:
            self._take(look)
            self._survey.looks.append(look)
        return look

    def _where_it_answers(self, url: str) -> str:
        """With the scheme and host of the home page: `http://` and `www.` in links cost a redirect each."""
        parts, home = urlsplit(url), urlsplit(self._survey.home.page.url)
        if (parts.hostname or "").lower() not in self._survey.hosts[:2]:
            return url
        return parts._replace(scheme=home.scheme, netloc=home.netloc).geturl()

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
            if look is None or complete:
                continue
            further = second_page(look, evidence) or first_part(look, evidence)
            if further is not None:
                await self._listing(further)

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
            page = await self._requests.get(short[1], _HTML)
            if page is not None:
                other: PageLook = await self._requests.run(look_at, page)
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
