"""The URLs a run has met, and the one fate each of them ends in. Proof that nothing is lost: the fates add up."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from storage import keys
from storage.errors import FatesDoNotAddUp
from storage.record import Json
from storage.temporary import temporary_database

LISTED_FAILURES: Final = 1_000
"""How many failed and refused URLs a manifest names, so that an operator sees them; the counts are complete."""
FATES: Final = ("kept", "revised", "unchanged", "duplicate", "not_an_article", "gone", "refused", "failed")


class FateCounts:
    """Thread-safe. URLs lie on disk, counts in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database = temporary_database(
            "CREATE TABLE met (outlet TEXT, hash BLOB, url TEXT, hint TEXT, fate TEXT, PRIMARY KEY (outlet, hash)) WITHOUT ROWID"
        )
        self._discovered: Counter[str] = Counter()
        self._fates: dict[str, Counter[str]] = {}
        self._doubts: dict[str, Counter[str]] = {}
        self.failures: list[Json] = []

    def meet(self, outlet: str, url: str, hint: str | None = None) -> bool:
        """True if the URL is new to this run."""
        with self._lock:
            new = self._database.execute(
                "INSERT OR IGNORE INTO met VALUES (?, ?, ?, ?, NULL)", (outlet, _short(url), url, hint)
            ).rowcount
            self._discovered[outlet] += new
        return bool(new)

    def hint(self, outlet: str, url: str) -> str | None:
        """What discovery said of the URL."""
        with self._lock:
            row = self._database.execute("SELECT hint FROM met WHERE outlet = ? AND hash = ?", (outlet, _short(url))).fetchone()
        return row[0] if row else None

    def settle(self, outlet: str, url: str, fate: str, reason: str | None = None) -> None:
        """The URL ends in this fate. A URL not met before counts as met; settled twice, the last fate counts."""
        with self._lock:
            fates = self._fates.setdefault(outlet, Counter())
            where = (outlet, _short(url))
            row = self._database.execute("SELECT fate FROM met WHERE outlet = ? AND hash = ?", where).fetchone()
            if row is None:
                self._database.execute("INSERT INTO met VALUES (?, ?, ?, NULL, NULL)", (*where, url))
                self._discovered[outlet] += 1
            elif row[0] is not None:
                fates[row[0]] -= 1
                self.failures = [failure for failure in self.failures if failure["url"] != url]
            fates[fate] += 1
            self._database.execute("UPDATE met SET fate = ? WHERE outlet = ? AND hash = ?", (fate, *where))
            if fate in {"failed", "refused"} and len(self.failures) < LISTED_FAILURES:
                self.failures.append({"outlet": outlet, "url": url, "fate": fate, "reason": reason})

    def doubt(self, outlet: str, doubts: Iterable[str]) -> None:
        """An article of the outlet was read with these doubts of its body."""
        with self._lock:
            self._doubts.setdefault(outlet, Counter()).update(doubts)

    def doubts(self, outlet: str) -> dict[str, int]:
        """How many of the outlet's articles were read with each doubt; those that did not arise are left out."""
        with self._lock:
            return dict(sorted(self._doubts.get(outlet, Counter()).items()))

    def pending(self) -> Iterator[tuple[str, str]]:
        """(outlet, url) of the URLs without a fate, up to 1,000 at a time; ask again after settling them."""
        with self._lock:
            yield from self._database.execute("SELECT outlet, url FROM met WHERE fate IS NULL LIMIT 1000").fetchall()

    def counts(self) -> dict[str, dict[str, int]]:
        """Per outlet: `discovered` and the fates that occurred."""
        with self._lock:
            return {
                outlet: {"discovered": self._discovered[outlet], **_ordered(self._fates.get(outlet, Counter()))}
                for outlet in sorted(self._discovered)
            }

    def fates(self) -> set[str]:
        """The fates that occurred, in whatever outlet."""
        with self._lock:
            return {fate for counts in self._fates.values() for fate, number in counts.items() if number}

    def checked(self) -> dict[str, dict[str, int]]:
        """The counts. FatesDoNotAddUp unless the fates of every outlet add up to what it discovered."""
        counts = self.counts()
        for outlet, count in counts.items():
            settled = sum(number for name, number in count.items() if name != "discovered")
            if settled != count["discovered"]:
                raise FatesDoNotAddUp(f"{outlet}: {count['discovered']} URLs discovered, {settled} settled ({count})")
        return counts

    def close(self) -> None:
        """Free the temporary file."""
        with self._lock:
            self._database.close()


def _ordered(fates: Counter[str]) -> dict[str, int]:
    return {fate: fates[fate] for fate in FATES if fates[fate]}


def _short(url: str) -> bytes:
    return bytes.fromhex(keys.url_hash(url))[:16]
