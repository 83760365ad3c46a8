"""`warraq crawl --from`: WARC files of anyone's as a source."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from crawler.demo.world import World
from crawler.from_warc.inputs import InputError, inputs
from extractors import locate
from storage import open_archive
from storage.record import Pointer
from storage.warc.reading import record_at
from tests.crawler.conftest import Done, environment, tree, warraq
from tests.crawler.foreign import AT, WRITERS, Seen, as_resources, by_heritrix, by_wget, seen_of
from tests.storage.warc.inputs import http, read, record, sha1, zipped

Crawled = tuple[Path, Done, Done]
READ = ("id", "url", "kind", "language", "headline", "description", "body", "dateline", "authors", "editors", "section")
READ += ("keywords", "sources", "date_modified", "images", "embeds", "links", "content_hash")
STATED = {"feed", "sitemap", "rest", "news-sitemap"}
FEW = ("browsertrix.warc.gz", "zstd.warc.zst")


@pytest.fixture(scope="module")
def seen(miniature: World) -> list[Seen]:
    return seen_of(miniature)


@pytest.fixture(scope="module")
def enab(seen: list[Seen]) -> list[Seen]:
    """Good captures of articles of one outlet."""
    ours = [each for each in seen if "enabbaladi" in each.url and each.status == 200]
    return [each for each in ours if (place := locate(each.url)) and place.is_article]


@pytest.fixture(scope="module")
def from_wget(seen: list[Seen], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Done]:
    """The file by wget of the whole world, the archive made of it, and the crawl."""
    folder = tmp_path_factory.mktemp("wget")
    file, archive = folder / "wget.warc.gz", folder / "archive"
    file.write_bytes(by_wget(seen))
    return file, archive, warraq("crawl", "--from", str(file), "--archive", str(archive))


def crawl(file: Path | str, archive: Path, *more: str, **env: str) -> Done:
    return warraq("crawl", "--from", str(file), "--archive", str(archive), *more, **env)


def kept(archive: Path) -> dict[str, dict[str, Any]]:
    return {each["content_hash"]: each for each in open_archive(str(archive)).articles()}


def entries(archive: Path, url: str) -> list[dict[str, Any]]:
    """The ledger of an address."""
    found = [json.loads(file.read_bytes()) for file in sorted((archive / "urls").rglob("*.json"))]
    return [entry for entry in found if entry["url"] == url]


def at_the_place(url: str) -> str:
    place = locate(url)
    assert place is not None
    return place.url


@pytest.mark.parametrize("name", [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in WRITERS])
def test_a_file_of_any_writer_gives_the_articles_of_a_live_crawl(
    name: str, seen: list[Seen], crawled: Crawled, tmp_path: Path
) -> None:
    file, archive = tmp_path / name, tmp_path / "archive"
    file.write_bytes(WRITERS[name](seen))
    done = crawl(file, archive)
    assert (done.code, done.err) == (0, "")
    live = {digest: each for digest, each in kept(crawled[0]).items() if locate(each["url"])}
    ours = kept(archive)
    assert set(live) <= set(ours)
    times = {(at_the_place(each.url), each.at.replace(tzinfo=None).isoformat()) for each in seen if locate(each.url)}
    for digest, article in live.items():
        other = ours[digest]
        if other["url"] == article["url"]:  # of two pages with one text either may be the duplicate
            assert {name: other[name] for name in READ} == {name: article[name] for name in READ}
        if article["date_published_source"] not in STATED and other["url"] == article["url"]:
            assert other["date_published"] == article["date_published"]
        capture = other["capture"]
        assert (capture["via"], capture["fetched_at"], capture["status"]) == ("warc", capture["memento_at"], 200)
        assert (other["url"], capture["memento_at"][:19]) in times
    finished = done.finished
    assert sum(finished["fates"].values()) == finished["discovered"]


def test_the_record_is_in_our_archive_as_it_was(from_wget: tuple[Path, Path, Done]) -> None:
    file, archive, _ = from_wget
    theirs = {each.record_id: each for each in read(file.read_bytes())[0]}
    opened = open_archive(str(archive))
    for article in opened.articles():
        ours = record_at(opened.store, Pointer(**article["capture"]["warc"]))
        assert ours.raw == theirs[ours.record_id].raw
        assert ours.at.isoformat().replace("+00:00", "Z") == article["capture"]["fetched_at"]


@pytest.mark.slow
def test_a_file_read_twice_changes_nothing(from_wget: tuple[Path, Path, Done]) -> None:
    file, archive, first = from_wget
    before = tree(archive)
    done = crawl(file, archive)
    assert done.code == 0
    assert done.finished["discovered"] == first.finished["discovered"]
    assert set(done.finished["fates"]) <= {"unchanged", "not_an_article", "gone"}
    new = {key for key, data in tree(archive).items() if before.get(key) != data and not key.startswith(("state/", "runs/"))}
    assert all(json.loads(archive.joinpath(key).read_bytes())["type"].endswith("run.finished") for key in new), new


def test_every_address_has_one_fate_however_many_captures_it_has(from_wget: tuple[Path, Path, Done]) -> None:
    done = from_wget[2]
    fates = ("kept", "revised", "unchanged", "duplicate", "not_an_article", "gone", "refused", "failed")
    told = Counter(fact["fact"] for fact in done.facts if fact["fact"] in fates)
    assert dict(told) == {fate: number for fate, number in done.finished["fates"].items() if number}
    assert len({fact["url"] for fact in done.of(*fates)}) == done.finished["discovered"]
    assert any(fact["captures"] > 1 for fact in done.of("kept"))


@pytest.mark.slow
def test_one_article_under_five_addresses_is_one_article(enab: list[Seen], tmp_path: Path) -> None:
    number = at_the_place(enab[0].url).rsplit("/", 1)[1]
    page, host = enab[0], "www.enabbaladi.net"
    forms = [
        f"http://enabbaladi.net/archives/{number}",
        f"https://{host}/archives/{number}/",
        f"https://{host}/archives/{number}?amp=1",
        f"https://{host}/archives/{number}?utm_source=x&fbclid=y",
        f"https://{host}:443/archives/{number}#top",
    ]
    later = [replace(page, url=url, at=AT + timedelta(days=n)) for n, url in enumerate(forms)]
    file = tmp_path / "forms.warc.gz"
    file.write_bytes(by_heritrix(later))
    done = crawl(file, tmp_path / "a")
    assert (done.finished["discovered"], done.finished["fates"]) == (1, {"kept": 1})
    (article,) = kept(tmp_path / "a").values()
    assert article["capture"]["memento_at"] == "2026-11-21T03:04:05Z"


def edited(page: Seen, word: str, days: int) -> Seen:
    body = page.body.decode().replace("</h1>", f" {word}</h1>", 1)
    assert word in body
    return replace(page, body=body.encode(), at=AT + timedelta(days=days))


@pytest.mark.slow
def test_captures_become_revisions_in_the_order_of_their_time(enab: list[Seen], tmp_path: Path) -> None:
    """Whatever the order of files and of records in them; an older one that turns up later is told as such, once."""
    page, url = enab[0], at_the_place(enab[0].url)
    first, second, third = edited(page, "أولًا", 1), edited(page, "ثانيًا", 2), edited(page, "ثالثًا", 3)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1.warc.gz").write_bytes(by_heritrix([third, replace(second, at=second.at + timedelta(hours=1)), third]))
    (folder / "2.warc").write_bytes(as_resources([second, first]))
    done = crawl(folder, tmp_path / "a")
    assert done.code == 0
    assert done.finished["fates"] == {"kept": 1}
    ledger = entries(tmp_path / "a", url)
    assert [(each["n"], each["fate"], each["moment"][:10]) for each in ledger] == [
        (1, "kept", "2026-11-22"),
        (2, "revised", "2026-11-23"),
        (3, "revised", "2026-11-24"),
    ]
    older = tmp_path / "older.warc.gz"
    older.write_bytes(by_heritrix([edited(page, "قبل", -9)]))
    assert crawl(older, tmp_path / "a").finished["fates"] == {"revised": 1}
    assert entries(tmp_path / "a", url)[-1]["older"] is True
    filed = sorted((tmp_path / "a" / "warc").rglob("*"))
    assert crawl(older, tmp_path / "a").finished["fates"] == {"unchanged": 1}
    assert crawl(folder, tmp_path / "a").finished["fates"] == {"unchanged": 1}
    assert sorted((tmp_path / "a" / "warc").rglob("*")) == filed
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


@pytest.mark.slow
def test_a_revisit_is_read_with_the_payload_it_repeats(enab: list[Seen], tmp_path: Path) -> None:
    """Named by address and time or by digest; without it the address fails and says so."""
    page, url = enab[0], at_the_place(enab[0].url)
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n"
    original = "http://enabbaladi.net/?p=" + url.rsplit("/", 1)[1]
    lonely = at_the_place(enab[1].url)
    by_digest = record(block, enab[2].url, "revisit", at="2026-11-30T00:00:00Z", WARC_Payload_Digest=sha1(enab[3].body))
    parts = [
        record(block, page.url, "revisit", at="2026-11-23T00:00:00Z", **_refers(original, "2026-11-20T10:00:00Z", b"x")),
        record(block + edited(page, "آخر", 0).body, page.url, at="2026-11-22T00:00:00Z"),
        record(block + page.body, original, at="2026-11-20T10:00:00.5Z", WARC_Payload_Digest=sha1(page.body)),
        record(
            block, lonely, "revisit", at="2026-11-23T00:00:00Z", **_refers("https://x.example/", "2026-01-01T00:00:00Z", b"y")
        ),
        record(block + enab[3].body, enab[3].url, at="2026-11-21T00:00:00Z", WARC_Payload_Digest=sha1(enab[3].body)),
        by_digest,
    ]
    file = tmp_path / "x.warc.gz"
    file.write_bytes(zipped(*parts))
    done = crawl(file, tmp_path / "a")
    moments = [(each["fate"], each["moment"]) for each in entries(tmp_path / "a", url)]
    assert moments == [
        ("kept", "2026-11-20T10:00:00.500000Z"),
        ("revised", "2026-11-22T00:00:00Z"),
        ("revised", "2026-11-23T00:00:00Z"),
    ]
    (failed,) = done.of("failed")
    assert (failed["url"], "revisit" in failed["reason"]) == (lonely, True)
    assert done.finished["fates"] == {"kept": 2, "unchanged": 1, "failed": 1}
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


def _refers(url: str, at: str, payload: bytes) -> dict[str, str]:
    return {"WARC_Refers_To_Target_URI": url, "WARC_Refers_To_Date": at, "WARC_Payload_Digest": sha1(payload)}


@pytest.mark.slow
def test_what_is_no_page_has_its_fate_and_an_old_absence_takes_nothing_away(enab: list[Seen], tmp_path: Path) -> None:
    good, moved, busy, picture, coded, chunks = enab[:6]
    challenge = b"<html><title>Just a moment...</title><body>Checking if the site connection is secure"
    block = http(enab[5].body, ("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "compress"), status="200 OK")
    parts = [
        record(http(b"", status="404 Not Found"), good.url, at="2020-01-01T00:00:00Z"),
        record(http(good.body), good.url, at="2021-01-01T00:00:00Z"),
        record(http(b"", ("Location", "/"), status="301 Moved"), moved.url),
        record(http(b"", status="503 Busy"), busy.url),
        record(http(b"\xff\xd8\xff\xe0" + bytes(900), ("Content-Type", "image/jpeg")), picture.url),
        record(http(bytes(range(256)), ("Content-Encoding", "br")), coded.url),
        record(block, chunks.url),
        record(http(challenge), "https://www.enabbaladi.net/archives/77"),
        record(http(b"", status="410 Gone"), "https://www.enabbaladi.net/archives/78"),
        record(http(good.body), "https://www.enabbaladi.net/archives/category/x"),
        record(http(good.body), "https://stranger.example/archives/78"),
    ]
    file = tmp_path / "x.warc.gz"
    file.write_bytes(zipped(*parts))
    done = crawl(file, tmp_path / "a")
    fates = {fact["url"].rsplit("/", 1)[1]: (fact["fact"], fact.get("reason")) for fact in done.facts if "url" in fact}
    name = {each: at_the_place(each.url).rsplit("/", 1)[1] for each in (good, moved, busy, picture, coded, chunks)}
    assert fates[name[good]] == ("kept", None)
    assert fates[name[moved]] == ("not_an_article", "HTTP 301, a redirect")
    assert fates[name[busy]] == ("failed", "HTTP 503")
    assert fates[name[picture]][0] == "not_an_article"
    assert fates[name[coded]] == ("failed", "content-coding: said to be br, which it is not")
    assert fates[name[chunks]][0] == "kept"  # a text that is said to be coded is a text
    assert fates["77"][0] == "failed"
    assert fates["78"] == ("gone", "HTTP 410")
    assert fates["x"] == ("not_an_article", "listing")
    assert done.finished["discovered"] == 9
    last = entries(tmp_path / "a", at_the_place(good.url))[-1]
    assert last["content_hash"]


@pytest.mark.slow
def test_damage_is_named_counted_and_passed_over(enab: list[Seen], tmp_path: Path) -> None:
    """Exit code 1, one line on stderr; what is whole is kept."""
    folder = tmp_path / "in"
    folder.mkdir()
    whole = by_wget(enab)
    middle = len(whole) // 2
    (folder / "a.warc.gz").write_bytes(whole[:middle] + b"\0\xff\0" + whole[middle + 3 :])
    (folder / "b.warc.gz").write_bytes(by_heritrix(enab[:2])[:-200])
    (folder / "c.warc").write_bytes(b"")
    (folder / "d.warc.gz").write_bytes(gzip.compress(b"<html>no WARC"))
    (folder / "e.warc").write_bytes(record(http(enab[0].body), enab[0].url, length=10**12) + as_resources(enab[:1]))
    (folder / "notes.txt").write_text("not looked at")
    done = crawl(folder, tmp_path / "a")
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert line.startswith("warraq: 5 damaged places in 5 of 5 WARC files passed over; the first: ")
    assert [Path(fact["file"]).name[0] for fact in done.of("warc.damaged")] == ["a", "b", "c", "d", "e"]
    assert all(fact["reason"] for fact in done.of("warc.damaged"))
    assert sum(fact["captures"] for fact in done.of("warc.read")) >= len(enab)
    assert done.finished["fates"]["kept"] >= len(enab) - 2
    assert set(done.finished["fates"]) <= {"kept", "duplicate"}


@pytest.mark.slow
def test_dates_and_limit_are_kept_to(enab: list[Seen], tmp_path: Path) -> None:
    file = tmp_path / "x.warc.gz"
    file.write_bytes(by_heritrix(enab))
    done = crawl(file, tmp_path / "a", "--limit", "2")
    assert (done.finished["discovered"], len(done.of("limit.reached"))) == (2, 1)
    done = crawl(file, tmp_path / "b", "--since", "2026-11-20", "--until", "2026-11-20")
    dates = {article["date_published"][:10] for article in kept(tmp_path / "b").values() if article["date_published"]}
    assert dates == {"2026-11-20"}
    assert done.finished["fates"]["refused"] > 0
    done = crawl(file, tmp_path / "c", "smart")
    assert (done.code, done.finished["discovered"]) == (1, 0)
    assert done.err == "warraq: no page of these outlets in what was given\n"


@pytest.mark.slow
def test_without_raw_layer_articles_point_to_nothing(enab: list[Seen], tmp_path: Path) -> None:
    file = tmp_path / "x.warc.gz"
    file.write_bytes(by_heritrix(enab[:2]))
    assert crawl(file, tmp_path / "a", WARRAQ_RAW="none").code == 0
    assert {article["capture"]["warc"] for article in kept(tmp_path / "a").values()} == {None}
    assert not (tmp_path / "a" / "warc").exists()


@pytest.mark.slow
def test_standard_input_is_read(enab: list[Seen], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "crawler", "crawl", "--from", "-", "--archive", str(tmp_path / "a")]
    done = subprocess.run(command, input=by_heritrix(enab[:2]), env=environment(), capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(kept(tmp_path / "a")) == 2


@pytest.fixture
def bucket() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
    yield {**keys, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    server.stop()


@pytest.mark.slow
def test_objects_and_prefixes_of_a_bucket_are_read(enab: list[Seen], bucket: dict[str, str], tmp_path: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=bucket["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="warcs")
    client.put_object(Bucket="warcs", Key="old/1.warc.gz", Body=by_heritrix(enab[:2]))
    client.put_object(Bucket="warcs", Key="old/2.warc", Body=as_resources(enab[2:4]))
    client.put_object(Bucket="warcs", Key="old/readme.txt", Body=b"hello")
    done = crawl("s3://warcs/old/", tmp_path / "a", **bucket)
    assert (done.code, done.err) == (0, "")
    assert [fact["file"] for fact in done.of("warc.read")] == ["s3://warcs/old/1.warc.gz", "s3://warcs/old/2.warc"]
    assert done.finished["discovered"] == 4
    done = crawl("s3://warcs/old/2.warc", tmp_path / "b", **bucket)
    assert done.finished["discovered"] == 2
    for missing in ("s3://warcs/new/", "s3://nowhere/x", "s3://"):
        done = crawl(missing, tmp_path / "c", **bucket)
        assert (done.code, len(done.err.splitlines())) == (2, 1), done
    assert not (tmp_path / "c").exists()


@pytest.mark.slow
def test_what_cannot_be_read_is_said_in_one_line_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = crawl(tmp_path / "missing.warc.gz", tmp_path / "a")
    assert (done.code, done.err) == (2, f"warraq: {tmp_path}/missing.warc.gz: No such file or directory\n")
    assert not (tmp_path / "a").exists()
    with pytest.raises(InputError, match=r"no \.warc, .* in this folder"):
        inputs([str(tmp_path / "empty")])
    done = crawl(tmp_path, tmp_path / "a", "--via", "wayback")
    assert (done.code, "--via" in done.err) == (2, True)


@pytest.mark.parametrize("facts", [12, pytest.param(3, marks=pytest.mark.slow), pytest.param(30, marks=pytest.mark.slow)])
def test_killed_and_run_again_it_ends_as_if_it_had_not_been(
    from_wget: tuple[Path, Path, Done], facts: int, tmp_path: Path
) -> None:
    file, whole, _ = from_wget
    archive = tmp_path / "a"
    command = [sys.executable, "-m", "crawler", "crawl", "--from", str(file), "--archive", str(archive)]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    for _ in range(facts):
        process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    again = crawl(file, archive)
    assert again.code == 0, again.err
    assert set(kept(archive)) == set(kept(whole))
    verified = warraq("verify", "--archive", str(archive))
    assert verified.code == 0, verified.out


@pytest.mark.slow
def test_interrupted_it_ends_well(from_wget: tuple[Path, Path, Done], tmp_path: Path) -> None:
    """^C: the manifest is written, what was not looked at has failed, the exit code is 130, the next crawl has the rest."""
    file, whole, _ = from_wget
    command = [sys.executable, "-m", "crawler", "crawl", "--from", str(file), "--archive", str(tmp_path / "a")]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    begun = [process.stdout.readline() for _ in range(15)]
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=60)
    done = Done(process.returncode, "".join(begun) + rest, err)
    assert done.code == 130, done.err
    assert sum(done.finished["fates"].values()) == done.finished["discovered"]
    crawl(file, tmp_path / "a")
    assert set(kept(tmp_path / "a")) == set(kept(whole))
