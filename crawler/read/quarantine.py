"""Pages that broke their reader, set aside for a person: `state/<outlet>/quarantine/<hash>.html`, and `.json` that says why."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress

from crawler.read.encoded_page import EncodedPage
from extractors import Page
from storage import State
from storage.warc.content_coding import CodingError


def quarantine(state: State, page: Page, reason: str, *, max_bytes: int) -> str:
    """Stores the page's bytes and gives their key. max_bytes: of the decoded body. Raises ArchiveError."""
    if isinstance(page, EncodedPage):
        with suppress(CodingError):  # else the bytes as they came
            page = page.decoded(max_bytes)
    name = f"quarantine/{hashlib.sha256(page.body).hexdigest()[:16]}"
    note = {"url": page.url, "fetched_url": page.fetched_url, "content_type": page.content_type, "reason": reason}
    state.put(f"{name}.html", page.body)
    state.put(f"{name}.json", json.dumps(note).encode())
    return state.key(f"{name}.html")
