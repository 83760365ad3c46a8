"""Articles that an outlet's WordPress no longer lists: asked for by their post ids, a hundred in one request.

An API may omit an article that is still there: its answer is cut off or paged wrongly, or it never listed this kind of post.
So it is asked for the article itself, and then the article's page is fetched, which decides (decision 19).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from pydantic import StringConstraints, TypeAdapter
from scrapy.http import Response

from crawler.discovery.asking import Ask
from crawler.discovery.documents.posts import Post, read_code, read_posts
from crawler.discovery.found import Document, Found, SourceError, Unlisted
from crawler.discovery.wordpress import PER_PAGE
from crawler.state_file import CLOCK_SLACK, Moment
from storage import ArticleLookup, KnownArticle

InThread = Callable[..., Awaitable[Any]]

BY_NUMBER: Final = frozenset({200, 401, 403, 404})
"""What WordPress answers for one post: there, not for the public (draft, private, in the bin), or no such post."""
FORBIDDEN: Final = "rest_forbidden"
NO_SUCH_POST: Final = "rest_post_invalid_id"


RETRY: Final = timedelta(hours=1)
"""An API that cannot be read, or a removal that could not be confirmed when it was time for that, is asked again after this."""
MOST_OMITTED: Final = 1_000
HexDigits = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]*$", max_length=64)]
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mark:
    """State between crawls. next: when to ask again; whole: when for all; after: the URL hash after which the order of the old
    articles goes on; omitted: URL hashes of those that were left out, with the time at which that was first seen.
    """

    next: Moment
    whole: Moment
    after: HexDigits
    omitted: dict[HexDigits, Moment]


_MARK: Final = TypeAdapter(Mark)


@dataclass(slots=True)
class Omitted:
    """since: by URL hash of an article that the API left out, when that was first seen."""

    since: dict[str, datetime]

    def waits(self, article: KnownArticle, now: datetime, every: timedelta) -> bool:
        """Whether it is too early to fetch its page again: it was fetched since, and showed the article. The interval doubles."""
        first = self.since.get(article.hashed)
        if first is None or article.fate == "gone":
            return False
        stood = article.checked_at - first
        return stood > timedelta() and now - article.checked_at < max(every, stood)


@dataclass(frozen=True, slots=True)
class Unpublished:
    """endpoint: the address of the posts collection; articles: the outlet's articles; in_thread: runs what may block; every: the
    interval; confirm_after: when a removal is to be confirmed.

    Each time the youngest articles are asked for, and a part of the others in turn: at most `ask.bound` requests for each, and as
    many pages.
    """

    endpoint: str
    articles: ArticleLookup
    in_thread: InThread
    every: timedelta
    confirm_after: timedelta

    @property
    def name(self) -> str:
        return f"unpublished {self.endpoint}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        """Pages to be visited because of what the API says. Nothing where the outlet answers nothing, or it is not yet time."""
        mark = self._since(ask)
        if not ask.answered or ask.now < mark.next:
            return
        try:
            async for found in self._ask_all(ask, mark):
                yield found
        except SourceError:
            self._keep(ask, replace(mark, next=ask.now + min(self.every, RETRY)))
            raise

    def _since(self, ask: Ask) -> Mark:
        """What is remembered. A time further ahead than any that is ever set (`every`, or an hour) is begun anew, and said."""
        mark = ask.mark(self.name, _MARK)
        if mark is not None and max(mark.next, mark.whole) > ask.now + max(self.every, RETRY) + CLOCK_SLACK:
            ask.fact("state.reset", key=self.name, reason=f"{max(mark.next, mark.whole).isoformat()} is too far ahead")
            mark = None
        return mark or Mark(LONG_AGO, LONG_AGO, "", {})

    async def _ask_all(self, ask: Ask, mark: Mark) -> AsyncIterator[Found]:
        omitted = Omitted(dict(mark.omitted))
        articles, after = await self.in_thread(self._asked_for, ask, mark)
        missing: list[tuple[KnownArticle, dict[str, Any]]] = []
        back: list[KnownArticle] = []
        for first in range(0, len(articles), PER_PAGE):
            batch = articles[first : first + PER_PAGE]
            listed, evidence = await self._listed(ask, batch)
            missing += [(article, evidence) for article in batch if evidence and article.id not in listed]
            for article in (article for article in batch if article.id in listed):
                omitted.since.pop(article.hashed, None)
                if article.fate == "gone":
                    back.append(article)
        for article in back[: ask.bound]:
            async for found in self._page(ask, article, None):
                yield found
        asked = [each for each in missing if not omitted.waits(each[0], ask.now, self.every)]
        # First what is to be confirmed, then what is left out for the first time.
        asked.sort(key=lambda each: (each[0].gone_since is None, each[0].hashed in omitted.since))
        for article, evidence in asked[: ask.bound]:
            omitted.since.setdefault(article.hashed, ask.now)
            async for found in self._page(ask, article, evidence):
                yield found
        whole = ask.now + self.every if ask.now >= mark.whole else mark.whole
        ask.on_close(lambda: self._remember(ask, Mark(ask.now, whole, after, omitted.since)))

    def _asked_for(self, ask: Ask, mark: Mark) -> tuple[list[KnownArticle], str]:
        """The articles to ask for, in the order of their hashes, so that those left out before are spread over the requests; and
        the hash after which the older ones go on. Where only a removal is to be confirmed, one request of each kind.
        """
        slug, count = ask.outlet.slug, (ask.bound if ask.now >= mark.whole else 1) * PER_PAGE
        others = self.articles.following(slug, mark.after, count)
        after = others[-1].hashed if len(others) == count else ""
        articles = [*self.articles.named(slug, mark.omitted), *self.articles.youngest(slug, count), *others]
        articles.sort(key=lambda article: article.fate != "duplicate")  # an address that led to the article has its id as well
        if mark.whole == LONG_AGO:  # the first time: what this very crawl has read need not be asked for
            articles = [article for article in articles if article.checked_at < ask.now]
        numbered = {article.id: article for article in articles if _number(article)}
        return sorted(numbered.values(), key=lambda article: article.hashed), after

    async def _listed(self, ask: Ask, batch: Iterable[KnownArticle]) -> tuple[set[str], dict[str, Any] | None]:
        """(ids of those that are listed, evidence about the others); no evidence where the answer may not be all there is."""
        wanted = {article.id for article in batch}
        query = {"include": ",".join(map(_number, batch)), "per_page": PER_PAGE, "_fields": "id,link,status"}
        answer = await ask.get(f"{self.endpoint}?{urlencode(query)}", accept="application/json", conditional=False)
        if answer is None:
            return set(), None
        response = answer[1]
        read = await ask.parsed(read_posts, response)
        listed = set(_ids(ask, read.posts)) & wanted
        total = response.headers.get("X-WP-Total")
        cut_off = not read.whole or (total is not None and total.strip() != str(len(read.posts)).encode())
        if cut_off or 2 * len(listed) < len(wanted):
            ask.fact("unpublished.doubted", url=response.url, asked=len(wanted), listed=len(listed))
            return listed, None
        return listed, _evidence(response, ask.now) | {"asked_for": len(wanted), "listed": len(listed)}

    async def _by_number(self, ask: Ask, article: KnownArticle, listing: dict[str, Any]) -> Unlisted:
        """What the API says of the article itself. A post in the bin is forbidden; one that was never a post is not there,
        as is one that was deleted: that counts if the API has named it before.
        """
        url = f"{self.endpoint}/{_number(article)}?{urlencode({'_fields': 'id,link,status'})}"
        answer = await ask.get(url, accept="application/json", conditional=False, answers=BY_NUMBER)
        if answer is None:
            return Unlisted({"kind": "unlisted", "listing": listing}, unpublished=False)
        code = await ask.parsed(read_code, answer[1]) if answer[1].status != 200 else None
        named_before = (article.hint or "").startswith("wordpress ")
        return Unlisted(
            {"kind": "unlisted", "listing": listing, "post": _evidence(answer[1], ask.now) | {"code": code}},
            unpublished=code == FORBIDDEN or (code == NO_SUCH_POST and named_before),
        )

    async def _page(self, ask: Ask, article: KnownArticle, left_out: dict[str, Any] | None) -> AsyncIterator[Found]:
        """The article's page, if it is known where that is. left_out: evidence that the API does not list it."""
        url, address = await self.in_thread(self.articles.place, ask.outlet.slug, article) or ("", "")
        place = ask.locate(address)
        if place is None or place.url != url:
            return
        unlisted = await self._by_number(ask, article, left_out) if left_out else None
        ask.fact("unpublished.looked_at", url=url, listed=unlisted is None)
        yield Found(url=address, document=Document(self.name), again=True, wanted=True, unlisted=unlisted)

    def _remember(self, ask: Ask, mark: Mark) -> None:
        """When to ask again: in time to confirm what was found gone."""
        standing = self.articles.named(ask.outlet.slug, mark.omitted)
        waiting = [article.gone_since + self.confirm_after for article in standing if article.gone_since]
        soonest = max(min(waiting, default=mark.whole), ask.now + min(self.every, RETRY))
        still = {article.hashed for article in standing if article.fate != "gone" or article.gone_since}
        left = {hashed: since for hashed, since in mark.omitted.items() if hashed in still}
        self._keep(ask, replace(mark, next=min(mark.whole, soonest), omitted=left))

    def _keep(self, ask: Ask, mark: Mark) -> None:
        kept = replace(mark, omitted=dict(list(mark.omitted.items())[-MOST_OMITTED:]))
        ask.memory.marks[self.name] = _MARK.dump_python(kept, mode="json")


def _number(article: KnownArticle) -> str:
    """The number of the post; "" where ids are no numbers of posts."""
    native = article.id.partition(":")[2]
    return native if native.isdecimal() and native.isascii() and len(native) <= 18 else ""


def _ids(ask: Ask, posts: Iterable[Post]) -> Iterator[str]:
    """Ids of our articles that are listed: those whose link says the same number."""
    for post in posts:
        place = ask.locate(post.url) if post.url else None
        if place is not None and place.native_id == post.id and post.status == "publish":
            yield f"{place.outlet}:{place.native_id}"


def _evidence(response: Response, now: datetime) -> dict[str, Any]:
    return {"url": response.url, "status": response.status, "at": now.isoformat()}
