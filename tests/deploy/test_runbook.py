"""The runbook's snippets run, its sums are right, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from storage.queues import open_queue
from tests.crawler.conftest import warraq
from tests.crawler.watch.http.test_server import Served
from tests.deploy.conftest import DEPLOY

RUNBOOK = (DEPLOY / "RUNBOOK.md").read_text()
CHAPTERS = {re.sub(r"[^a-z0-9 -]", "", it.lower()).replace(" ", "-") for it in re.findall(r"^#+ (.*)$", RUNBOOK, re.MULTILINE)}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", RUNBOOK))))
def test_every_link_leads_somewhere(link: str) -> None:
    path, _, chapter = link.partition("#")
    assert (DEPLOY / path).exists() if path else chapter in CHAPTERS


@pytest.mark.parametrize("named", sorted(set(re.findall(r"infra/[\w./-]+\w", RUNBOOK))))
def test_every_file_named_is_here(named: str) -> None:
    assert (DEPLOY.parents[1] / named).exists() or named.endswith("/.env")


def test_dead_letters_are_shown_and_queued_again_by_the_commands(tmp_path: Path) -> None:
    uri = f"sqlite:{tmp_path / 'queue.sqlite'}"
    queue = open_queue(uri, max_attempts=1)
    event = {"specversion": "1.0", "id": "1", "source": "/test", "type": "outlet.due", "subject": "smart"}
    queue.put(event, group="smart", key="smart")
    queue.release(queue.take(1)[0], "it fails")
    commands = [line.split("#")[0].split() for line in RUNBOOK.splitlines() if line.startswith("warraq queue ")]
    shown, redriven = (warraq(*command[1:-1], uri).out for command in commands)
    assert re.search(r"smart +smart +1 .* it fails", shown)
    assert redriven == "1 queued again\n"
    assert queue.depth().waiting == 1
    queue.close()


def test_the_door_takes_what_the_runbook_posts(tmp_path: Path) -> None:
    """The very command, by curl: 202 and the address waits; without the token 401 and curl's exit code."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not on PATH (Debian: apt-get install curl)")
    snippet = re.search(r"^curl .*?\n```", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert snippet
    queue = open_queue(str(tmp_path / "queue.sqlite"))
    door = Served(queue, token="right")
    try:
        command = snippet[0].removesuffix("\n```").replace("127.0.0.1:8080", f"127.0.0.1:{door.port}")
        for token, code in (("right", 0), ("wrong", 22)):
            done = subprocess.run(
                ["sh", "-c", command],
                env={**os.environ, "WARRAQ_DOOR_TOKEN": token},
                check=False,
                capture_output=True,
                encoding="utf-8",
                timeout=300,
            )
            assert done.returncode == code, done.stderr
        (lease,) = queue.take(2)
        assert lease.key == "url:https://www.enabbaladi.net/archives/160002"
    finally:
        door.close()
        queue.close()


def test_the_sums_of_the_costs_follow_from_the_table_of_prices() -> None:
    prices = {name: float(value) for name, value in re.findall(r"^\| (\w+) \| ([0-9.]+) \| ", RUNBOOK, re.MULTILINE)}
    sums = re.findall(r"^\| ([^|]+) \| ([^|]*[*][^|]*) \| ([0-9.]+) \|$", RUNBOOK, re.MULTILINE)
    assert len(prices) == 13
    assert len(sums) == 8
    for what, formula, said in sums:
        assert re.fullmatch(r"[\w .*+()/]+", formula)
        assert f"{eval(formula, {'__builtins__': {}}, prices):.2f}" == said, what


def test_the_requests_are_those_that_the_bench_measured() -> None:
    bench = (DEPLOY.parent / "bench" / "README.md").read_text()
    found = re.search(r"S3 requests: new / duplicate / revised / unchanged article \| (\d+) / (\d+) / (\d+) / (\d+) \|", bench)
    assert found, "infra/bench/README.md no longer says so in these words"
    named = ("puts_new", "puts_duplicate", "puts_revised", "puts_unchanged")
    for name, measured in zip(named, found.groups(), strict=True):
        assert re.search(rf"^\| {name} \| {measured} \|", RUNBOOK, re.MULTILINE), name
