"""A sink loads its own libraries, and not those of a crawl."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from storage import open_archive

WEBHOOK = """
import json, sys
from crawler.cli.app import app
app(["events", "deliver", "--to", "https://hooks.example/x", "--archive", sys.argv[1]], standalone_mode=False)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_a_webhook_loads_neither_scrapy_nor_twisted(tmp_path: Path) -> None:
    """They take seconds to load. In a process of its own: this one has them."""
    open_archive(str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", WEBHOOK, str(tmp_path)],
        check=True,
        capture_output=True,
        env={"WARRAQ_WEBHOOK_SECRET": "whsec_" + "QUJD" * 8, "PATH": "/usr/bin:/bin"},
    )
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    assert "standardwebhooks" in modules
    assert not modules & {"scrapy", "twisted", "aiohttp"}
