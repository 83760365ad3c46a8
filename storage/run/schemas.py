"""The schemas of the article record as objects of an archive: `schema/article-<n>.json`, one for each version."""

from __future__ import annotations

from storage import keys, record
from storage.stores.store import Store


def publish_schemas(store: Store) -> None:
    """Write what is missing of the schemas: an archive that an earlier Warraq made has only the earlier ones."""
    for version, key in keys.ARTICLE_SCHEMAS.items():
        store.create(key, record.schema(version), "application/schema+json")
