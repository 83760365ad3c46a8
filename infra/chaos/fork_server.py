"""The fork server: a process that has loaded every module and forks a victim for each order of `infra.chaos.launcher`.

Read from standard input, a JSON line each: `{"start": {…}}`, answered with the PID of the new process; `{"reap": PID}`, answered
with its exit code once it has ended. Processes that still run when the input ends are killed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any, Final

_WANTED: Final = (
    *("boto3", "storage.stores.s3", "storage.queues.local", "storage.verify", "xml.sax.expatreader"),
    *("scrapy.core.engine", "scrapy.core.downloader.handlers.http11", "scrapy.statscollectors", "scrapy.logformatter"),
    *("scrapy.dupefilters", "scrapy.squeues", "scrapy.pqueues", "scrapy.robotstxt"),
    *("crawler.crawl.extension", "crawler.crawl.pipeline", "crawler.crawl.process", "crawler.crawl.exchanges"),
    *("crawler.download.robots", "crawler.download.header_limit", "crawler.watch.service", "crawler.delivery.webhook"),
    *(f"crawler.cli.{name}" for name in ("app", "crawl", "watch", "submit", "cost_prompt", "progress")),
    *(f"crawler.spiders.{outlet}" for outlet in ("al_jazeera", "baladi_news", "enab_baladi", "geiroon", "smart")),
    *("infra.chaos.checker", "infra.chaos.victim"),
)


def main() -> None:
    """Until standard input ends."""
    _load()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    running: set[int] = set()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        if "start" in asked:
            answer = os.fork()
            if answer == 0:
                _become(asked["start"])
            running.add(answer)
        else:
            running.remove(asked["reap"])
            answer = os.waitstatus_to_exitcode(os.waitpid(asked["reap"], 0)[1])
        answers.write(json.dumps(answer).encode() + b"\n")
    for left in running:
        os.kill(left, signal.SIGKILL)
        os.waitpid(left, 0)


def _become(asked: dict[str, Any]) -> None:
    """The forked process: becomes the command. Does not return."""
    code = 1
    try:
        os.environ.update(asked["env"])
        os.close(0)
        os.open(os.devnull, os.O_RDONLY)
        for number, name in ((1, "out"), (2, "err")):
            file = os.open(asked[name], os.O_WRONLY | os.O_APPEND)
            os.dup2(file, number)
        sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False, buffering=1) for n in (1, 2))  # noqa: SIM115
        code = _command(asked)
    except BaseException:  # noqa: BLE001 - a forked process must not run on into its parent's loop
        traceback.print_exc()
    finally:
        with contextlib.suppress(ValueError, OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _command(asked: dict[str, Any]) -> int:
    argv: list[str] = asked["argv"]
    sys.argv = ["warraq", *argv]
    try:
        if argv[0] == "check":
            from infra.chaos import checker as check  # noqa: PLC0415

            check.main(argv[1:])
        else:
            from crawler.cli import main as warraq  # noqa: PLC0415
            from infra.chaos.victim import apply_orders  # noqa: PLC0415

            apply_orders(asked["orders"])
            warraq()
    except SystemExit as end:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - the interpreter waits so for threads before it ends
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _load() -> None:
    """Everything a victim would load, but the settings, which are its own, and a reactor, which cannot be forked."""
    from scrapy.settings import default_settings  # noqa: PLC0415

    from extractors import Page, read  # noqa: PLC0415

    for name in _WANTED:
        importlib.import_module(name)
    for name, parts in vars(default_settings).items():  # middlewares, extensions, handlers: Scrapy loads them by name
        if name.endswith("_BASE") and isinstance(parts, dict):
            for path in filter(None, (part if isinstance(part, str) else None for part in (*parts, *parts.values()))):
                if path.count(".") > 1:
                    importlib.import_module(path.rpartition(".")[0])
    page = "<html><body><article><h1>عنوان</h1><p>" + "كلمات من خبر لا وجود له " * 30 + "</p></article></body></html>"
    url = "https://www.enabbaladi.net/1/x/"
    read(Page(url=url, body=page.encode(), fetched_at=datetime.now(UTC)), "enab_baladi")
    if "twisted.internet.reactor" in sys.modules or threading.active_count() > 1:
        raise RuntimeError("the launcher may have neither a reactor nor threads when it forks")
    gc.collect()
    gc.freeze()  # a victim's collector then leaves what it shares with the others alone, and copies nothing


if __name__ == "__main__":
    main()
