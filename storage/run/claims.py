"""Claims, `hashes/ab/<sha256>.json`: which article holds a content, and its whole record.

Why the whole record: a worker killed between claim and article leaves a claim that promises an article. Whoever meets it
writes that article with the very same bytes, so two who do it at once do not differ, nor from the first worker if it is
alive after all.
"""

from __future__ import annotations

import json

from storage import keys
from storage.errors import Damaged
from storage.record import Json, to_bytes
from storage.stores.store import NewObject, Store


def claim(store: Store, content_hash: str, key: str, record: Json) -> tuple[str, Json]:
    """Claim a content for the article `key` with this record, and complete the article of whoever has the claim.

    (key of that article, its record): ours, or those of another who was first.
    """
    ours, new_article = claim_and_article(content_hash, key, record)
    article, standing = new_article.data, store.create(*ours)
    if standing != ours.data:
        key, record = read_claim(ours.key, standing)
        article = to_bytes(record)
    if standing == ours.data or store.stat(key) is None:  # another's article mostly stands: asking is cheaper
        store.create(key, article)
    return key, record


def claim_and_article(content_hash: str, key: str, record: Json) -> tuple[NewObject, NewObject]:
    """The claim of a content for the article `key` with this record, and that article: objects to be created in this order."""
    article = to_bytes(record)
    # to_bytes({"content_hash": …, "article": …, "record": record}), without serialising the text twice
    claim = b'{"content_hash":"%b","article":"%b","record":%b}\n' % (content_hash.encode(), key.encode(), article[:-1])
    return NewObject(keys.claim(content_hash), claim), NewObject(key, article)


def read_claim(key: str, data: bytes) -> tuple[str, Json]:
    """(article key, record) of a claim. Damaged if it is none."""
    try:
        claim = json.loads(data)
        return keys.checked_key(claim["article"]), dict(claim["record"])
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged(f"{key} is not a claim ({error})") from error
