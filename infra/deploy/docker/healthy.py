"""Whether the `warraq watch` of this container answers: exit code 0 or 1. Asks no proxy, needs nothing installed."""

import os
import sys
import urllib.request

host, _, port = os.environ.get("WARRAQ_DOOR", "127.0.0.1:8080").rpartition(":")
url = f"http://{'127.0.0.1' if host in ('', '0.0.0.0', '[::]') else host}:{port}/healthz"  # noqa: S104 - asked, not bound
try:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=4) as answer:
        sys.exit(answer.status != 200)
except (OSError, ValueError) as error:
    sys.exit(f"{url}: {error}")
