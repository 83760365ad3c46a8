"""Commands that touch no web load nothing of what asks it, reads pages or speaks to a bucket, which takes seconds."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from storage import open_archive
from tests.storage.newsroom import article, keep_all

LOADED = """
import json, os, sys
from crawler.cli.app import app
for command in json.loads(sys.argv[1]):
    if not os.fork():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        app(command, standalone_mode=False)
        print(json.dumps(sorted(sys.modules)), file=sys.stderr)
        break
    if os.wait()[1]:
        sys.exit(f"{command} failed")
"""
WEB = {"scrapy", "twisted", "aiohttp", "prometheus_client", "h2", "OpenSSL"}
PAGES = {"trafilatura", "htmldate", "justext", "extractors.reader", "parsel"}
BUCKETS = {"boto3", "botocore"}
WRITING = {"storage.run.run", "storage.warc.archiver"}
"""What makes a run: an archive that is only read needs none of it."""
UNUSED = {"asyncio", "requests", "urllib3", "surt", "crawler.outlet_files.model", "crawler.discovery.found", "rich.traceback"}
"""What a few of their functions need: web addresses in indexes, files of outlets, a terminal."""
SETTINGS = {"pydantic", "crawler.config"}
CHANGES = {"storage.queries.change_feed", "storage.index.known"}
TABLES = {"rich.console"}
TAKE_AN_ARCHIVE = {"status", "verify", "export", "events", "diff", "search"}


NEVER: dict[tuple[str, ...], set[str]] = {
    ("--help",): SETTINGS,
    ("--version",): SETTINGS | TABLES,
    ("status", "--help"): set(),
    ("status",): CHANGES | {"storage.queues", "crawler.crawl.statistics"},
    ("outlets",): CHANGES,
    ("settings",): CHANGES,
    ("verify",): CHANGES | TABLES,
    ("verify", "--sample", "1%"): CHANGES | TABLES | {"cryptography"},
    ("export",): TABLES,
    ("events", "show"): TABLES,
    ("diff", "enab_baladi:1"): {"selectolax"},
    ("search", "كلمة"): {"rich.table"},
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], set[str]]:
    """The modules of a process that has done this and nothing else, over a folder that has an article, by command. Each is a fork
    of one that has loaded what all commands load; this one has loaded the rest too.
    """
    place = str(tmp_path_factory.mktemp("archive"))
    keep_all(open_archive(place), article(1))
    of_archive = {command for command in NEVER if command[0] in TAKE_AN_ARCHIVE and "--help" not in command}
    commands = [[*command, *(("--archive", place) if command in of_archive else ())] for command in NEVER]
    done = subprocess.run([sys.executable, "-c", LOADED, json.dumps(commands)], check=True, capture_output=True)
    told = [line for line in done.stderr.splitlines() if line.startswith(b"[")]
    return {command: set(json.loads(line)) for command, line in zip(NEVER, told, strict=True)}


@pytest.mark.parametrize("command", NEVER, ids=" ".join)
def test_a_command_that_touches_no_web_loads_nothing_that_does(
    command: tuple[str, ...], loaded: dict[tuple[str, ...], set[str]]
) -> None:
    unused = UNUSED - {"rich.traceback"} if "--help" in command else UNUSED  # the program that prints help loads all of rich
    assert loaded[command] & (WEB | PAGES | BUCKETS | WRITING | unused | NEVER[command]) == set()


COMPONENTS = """
import json, sys
from crawler.crawl.process import project_settings
settings = project_settings()
for kind in ("SPIDER_MIDDLEWARES", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS"):
    settings.get_component_priority_dict_with_base(kind)
print(json.dumps(sorted(sys.modules)))
"""


def test_a_crawl_loads_nothing_of_what_it_switches_off() -> None:
    """Scrapy loads each class that a setting names, also one that it turns off."""
    done = subprocess.run([sys.executable, "-c", COMPONENTS], check=True, capture_output=True)
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    assert "crawler.download.robots" in modules
    assert modules & {"aiohttp", "tldextract", "scrapy.extensions.remote_control", "scrapy.extensions.telnet"} == set()
    assert "scrapy.downloadermiddlewares.cookies" not in modules
