"""The keys of archive layout 1: one function per kind of object, and the checks that keep keys inside the archive.

Every key is built from slugs, hashes, dates and numbers that are checked here; none from text of the web as it comes.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from storage.errors import BadKey

LAYOUT: Final = 1
ARCHIVE_JSON: Final = "archive.json"
ARTICLE_SCHEMAS: Final = {1: "schema/article-1.json", 2: "schema/article-2.json"}
"""Where the schema of each version of the article record stands; the last is the one that records are written by."""

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_HASH: Final = re.compile(r"sha256:([0-9a-f]{64})")
_ARTICLE: Final = re.compile(
    r"articles/outlet=(?P<outlet>[^/]+)/captured=(?P<captured>\d{4}-\d\d-\d\d)/(?P<name>[^/.]+)\.[0-9a-f]{16}\.json"
)
_LEDGER: Final = re.compile(r"urls/[a-z0-9_-]+/(?P<shard>[0-9a-f]{2})/(?P<hash>[0-9a-f]{64})/(?P<n>[1-9][0-9]{0,8})\.json")
_CLAIM: Final = re.compile(r"hashes/(?P<shard>[0-9a-f]{2})/(?P<hash>[0-9a-f]{64})\.json")
_SCHEMA: Final = re.compile(r"schema/article-[1-9]\d*\.json")
_SEGMENT: Final = re.compile(r"changes/(?P<day>\d{4}/\d\d/\d\d)/(?P<run>[A-Za-z0-9-]+)-(?P<n>\d{6,})\.jsonl")
_GENERATION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_PART: Final = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9._=-]{0,127}")


def checked_key(key: str) -> str:
    """The key itself. BadKey unless it is a relative path of plain ASCII parts (no `..`, no hidden file, no space)."""
    if not can_be_key(key):
        raise BadKey(f"{key!r} cannot be a key of an archive")
    return key


def can_be_key(key: str) -> bool:
    """Whether an archive could have an object of this name: not a file manager's `.DS_Store`, nor an editor's `x.json~`."""
    return len(key) <= 512 and all(_PART.fullmatch(part) for part in key.split("/"))


def checked_slug(outlet: str) -> str:
    """The outlet's slug itself, or BadKey."""
    if not is_slug(outlet):
        raise BadKey(f"{outlet!r} is not an outlet slug (small letters, digits, _ and -)")
    return outlet


def is_slug(outlet: str) -> bool:
    """Whether this can be an outlet's slug."""
    return _SLUG.fullmatch(outlet) is not None


def hex_of(content_hash: str) -> str:
    """`sha256:<64 hex>` → the 64 hex digits, or BadKey."""
    found = _HASH.fullmatch(content_hash)
    if not found:
        raise BadKey(f"{content_hash!r} is not a content hash (sha256:<64 hex>)")
    return found[1]


@lru_cache(maxsize=256)  # it is asked for at each station of a URL's way
def url_hash(url: str) -> str:
    """64 hex digits that stand for a canonical URL in keys."""
    return hashlib.sha256(url.encode(errors="replace")).hexdigest()


def article(article_id: str, outlet: str, content_hash: str, captured: date) -> str:
    """`articles/outlet=…/captured=YYYY-MM-DD/<native id>.<hash16>.json`; an odd native id is replaced by its hash."""
    native = article_id.partition(":")[2]
    name = native if _NAME.fullmatch(native) else url_hash(article_id)[:16]
    hash16 = hex_of(content_hash)[:16]
    return f"{articles(outlet)}captured={captured:%Y-%m-%d}/{name}.{hash16}.json"


def article_of(record: Mapping[str, Any]) -> str:
    """The key of an article record as it was kept. ValueError, KeyError: it is no valid record."""
    captured = datetime.fromisoformat(record["capture"]["fetched_at"]).astimezone(UTC)
    return article(record["id"], record["outlet"], record["content_hash"], captured)


def article_parts(key: str) -> tuple[str, str, str] | None:
    """(outlet, day of capture as YYYY-MM-DD, native id or what stands for it) of an article's key; None if it is none."""
    found = _ARTICLE.fullmatch(key)
    return (found["outlet"], found["captured"], found["name"]) if found else None


def articles(outlet: str | None = None) -> str:
    """The prefix of all articles, or of one outlet's."""
    return f"articles/outlet={checked_slug(outlet)}/" if outlet else "articles/"


def claim(content_hash: str) -> str:
    """`hashes/ab/<sha256>.json`."""
    digest = hex_of(content_hash)
    return f"hashes/{digest[:2]}/{digest}.json"


def ledger(outlet: str, hashed_url: str, n: int) -> str:
    """`urls/<outlet>/ab/<url hash>/<n>.json`, n from 1."""
    return f"{ledger_shard(outlet, hashed_url[:2])}{hashed_url}/{n}.json"


def ledger_shard(outlet: str, shard: str = "") -> str:
    """The prefix of an outlet's ledger, or of one of its 256 shards (`00` … `ff`)."""
    return f"urls/{checked_slug(outlet)}/{f'{shard}/' if shard else ''}"


def warc(outlet: str, run_id: str, n: int, captured: date) -> str:
    """`warc/outlet=…/captured=YYYY-MM-DD/<run>-<outlet>-<n>.warc.gz`: the n-th file of raw captures that a run made of an outlet.

    The name alone is one of its kind: replay tools put all files into one folder. (Those of early archives lack the outlet.)
    """
    return f"{warcs(outlet)}captured={captured:%Y-%m-%d}/{run_id}-{outlet}-{n:06}.warc.gz"


def warcs(outlet: str | None = None) -> str:
    """The prefix of all raw captures, or of one outlet's."""
    return f"warc/outlet={checked_slug(outlet)}/" if outlet else "warc/"


def cdxj(warc_key: str) -> str:
    """The key of the index that stands beside a WARC file."""
    return f"{warc_key.removesuffix('.warc.gz')}.cdxj"


def changes(run_id: str, n: int, at: datetime) -> str:
    """`changes/yyyy/mm/dd/<run>-<n>.jsonl`, n padded so that the segments of a run sort in the order of writing."""
    return f"{changes_day(at)}{run_id}-{n:06}.jsonl"


def changes_day(at: date) -> str:
    """The prefix of a day's change segments."""
    return f"changes/{at:%Y/%m/%d}/"


def changes_parts(key: str) -> tuple[str, int, str] | None:
    """(run, n, day as YYYY-MM-DD) of a change segment's key; None if it is none."""
    found = _SEGMENT.fullmatch(key)
    return (found["run"], int(found["n"]), found["day"].replace("/", "-")) if found else None


def run(run_id: str, started: datetime, suffix: str = ".json") -> str:
    """`runs/yyyy/mm/dd/<run>.json` (manifest), `.started.json`, `.recovered.json`, `.files-<n>.jsonl`."""
    return f"runs/{started:%Y/%m/%d}/{run_id}{suffix}"


def generation(name: str, file: str = "") -> str:
    """`generations/<name>/<file>`: the prefix of a generation of re-read records, or one of its own objects."""
    if not can_name_generation(name):
        raise BadKey(f"{name!r} cannot name a generation (letters, digits, . _ and -, at most 80, a letter or digit first)")
    return f"generations/{name}/{file}"


def can_name_generation(name: str) -> bool:
    """Whether a generation may be called so."""
    return _GENERATION.fullmatch(name) is not None


def generation_share(name: str, outlet: str, n: int, suffix: str, plan: str = "") -> str:
    """`generations/<name>/outlet=…/<n><suffix>`: share n of an outlet; `plan`: the run in whose plan it stands, under plans/."""
    under = f"plans/{plan}/" if plan else ""
    return checked_key(generation(name, f"{under}outlet={checked_slug(outlet)}/{n:06}{suffix}"))


def state(outlet: str, name: str) -> str:
    """`state/<outlet>/<name>`: the only keys that may be replaced."""
    return checked_key(f"state/{checked_slug(outlet)}/{name}")


def ledger_parts(key: str) -> tuple[str, int]:
    """(url hash, n) of a ledger key; ("", 0) if it is none."""
    found = _LEDGER.fullmatch(key)
    return (found["hash"], int(found["n"])) if found and found["hash"].startswith(found["shard"]) else ("", 0)


def claim_hash(key: str) -> str:
    """The content hash (`sha256:…`) a claim's key stands for; "" if the key is no claim's."""
    found = _CLAIM.fullmatch(key)
    return f"sha256:{found['hash']}" if found and found["hash"].startswith(found["shard"]) else ""


def is_schema(key: str) -> bool:
    """Whether the schema of a version of the article record stands under this key; versions to come are among them."""
    return _SCHEMA.fullmatch(key) is not None


def new_run_id(at: datetime) -> str:
    """A UUIDv7 (RFC 9562): ids sort by the time of their run, to the millisecond."""
    milliseconds = int(at.timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | int.from_bytes(os.urandom(10)) & 0x0FFF_3FFF_FFFF_FFFF_FFFF | 0x2 << 62
    return str(uuid.UUID(int=value))


def short_run_id(run_id: str) -> str:
    """Its last digits, which are random: enough to tell runs apart."""
    return run_id[-12:]


def run_started(run_id: str) -> datetime | None:
    """When a run began (UTC), by its id; None if the id is no UUIDv7."""
    try:
        return datetime.fromtimestamp((uuid.UUID(run_id).int >> 80) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
