"""The estimated cost of fetching articles from web archives, and the consent to it before the first capture is fetched."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """captures: of articles, in the indexes; articles: addresses with captures to fetch; requests: at least so many, one for each
    capture wanted (a capture that cannot be used costs another); index_requests: made for this estimate; seconds: at
    WARRAQ_HISTORY_DELAY; gigabytes: of whole files to download, where an archive has no index.
    """

    captures: int = 0
    articles: int = 0
    requests: int = 0
    index_requests: int = 0
    seconds: float = 0.0
    gigabytes: float = 0.0

    def __add__(self, other: Estimate) -> Estimate:
        """Of two outlets in one crawl: they share each archive's pace."""
        return Estimate(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})


Estimates = dict[str, Estimate]
Question = Callable[[Estimates], bool]


class Consent:
    """Asks once for all outlets of a crawl, when the last of them has given its estimate.

    bound, gigabytes: up to so many requests and gigabytes no consent is needed; tell: publishes the estimates; question: asks a
    person (blocking; it runs in a daemon thread), None where there is nobody to ask. refused: why nothing is fetched, one line.
    """

    def __init__(self, bound: int, gigabytes: float, *, tell: Callable[[Estimates], None]) -> None:
        self._bound, self._gigabytes, self.tell = bound, gigabytes, tell
        self._agreed = False
        self.question: Question | None = None
        self.estimates: Estimates = {}
        self._expected: set[str] = set()
        self._answer: asyncio.Future[bool] | None = None
        self._asking: asyncio.Future[None] | None = None
        self.refused: str | None = None

    def agree(self) -> None:
        """Whatever it costs (`--yes`)."""
        self._agreed = True

    def expect(self, outlet: str) -> None:
        """The outlet will call `given` or `withdraw`. Call before the crawl starts."""
        self._expected.add(outlet)

    def withdraw(self, outlet: str) -> None:
        """The outlet gives no estimate: its index could not be read, or it has nothing to fetch."""
        self._expected.discard(outlet)
        self._ask_if_complete()

    async def given(self, outlet: str, estimate: Estimate, *, more: bool = False) -> bool:
        """Whether the outlet may go on; waits for the estimates of the others. more: it will give another estimate."""
        if self._answer is None or self._answer.done():
            self._answer = asyncio.get_running_loop().create_future()
            self.estimates = {}
        self.estimates[outlet] = estimate
        answer = self._answer
        self.withdraw(outlet)
        agreed = await asyncio.shield(answer)
        if more and agreed:
            self.expect(outlet)
        return agreed

    def _ask_if_complete(self) -> None:
        if self._expected or not self.estimates or self._answer is None or self._answer.done():
            return
        self.tell(self.estimates)
        total = sum(self.estimates.values(), Estimate())
        if self._agreed or (total.requests <= self._bound and total.gigabytes <= self._gigabytes):
            self._answer.set_result(True)
        elif self.question is None:
            self._refuse(total)
        else:
            self._asking = asyncio.ensure_future(self._put(self.question, total))

    async def _put(self, question: Question, total: Estimate) -> None:
        assert self._answer is not None
        agreed = await _in_daemon(lambda: question(self.estimates))
        if agreed:
            self._answer.set_result(True)
        else:
            self._refuse(total)

    def _refuse(self, total: Estimate) -> None:
        assert self._answer is not None
        size = f"{total.requests:,} requests" + (f" and {total.gigabytes:,.0f} GB" if total.gigabytes else "")
        who, time = ", ".join(sorted(self.estimates)), duration(total.seconds)
        self.refused = (
            f"{who}: {size} to web archives, about {time} at the polite pace, are past WARRAQ_HISTORY_BOUND={self._bound} "
            f"(or WARRAQ_HISTORY_BOUND_GB={self._gigabytes:g}): add --yes, or ask for less with --since, --until, --captures 1"
        )
        self._answer.set_result(False)


async def _in_daemon(call: Callable[[], bool]) -> bool:
    """Runs a blocking call in a daemon thread, which does not keep the process alive."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bool] = loop.create_future()

    def answer(agreed: bool) -> None:
        if not answered.done():
            answered.set_result(agreed)

    def ask() -> None:
        loop.call_soon_threadsafe(answer, call())

    threading.Thread(target=ask, daemon=True, name="question").start()
    return await answered


def duration(seconds: float) -> str:
    """`3 h 20 min`, `12 min`, `40 s`, `2 d 4 h`."""
    whole = round(seconds)
    for unit, size, smaller, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest and unit != "min" else "")
    return f"{whole} s"
