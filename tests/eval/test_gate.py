"""The gate of `make check`: it passes as things are, and no loss of reading gets past it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractors import Article, NotAnArticle, Page, reader
from infra.eval import floors
from infra.eval.__main__ import main
from infra.eval.gold import Gold, demo, recorded
from infra.eval.metrics import scores
from infra.eval.mutation import CHANGES, mutants
from infra.eval.peers import offline, peers
from infra.eval.reading import OURS
from infra.eval.shared_gold import SHARED, seeds, sites

Result = Article | NotAnArticle


@pytest.fixture(scope="module")
def own() -> list[Gold]:
    """The gold that is always there."""
    return [*recorded(), *demo()]


@pytest.fixture
def on_own_gold(own: list[Gold], monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs measure on that alone: what lies beside the repository may be absent, and costs time."""
    monkeypatch.setattr("infra.eval.__main__.gather", lambda _console: own)


def _broken(monkeypatch: pytest.MonkeyPatch, change: Callable[[Article], Article]) -> None:
    """Our reader, each article changed after it was read."""
    read = reader.read

    def wrong(page: Page, outlet: str | None = None, *more: Any) -> Result:
        result = read(page, outlet, *more)
        return change(result) if isinstance(result, Article) else result

    monkeypatch.setattr(reader, "read", wrong)


def _without_end(article: Article) -> Article:
    return replace(article, body="\n\n".join(article.body.split("\n\n")[:-1]))


@pytest.mark.slow
def test_the_gate_passes_as_things_are(capsys: pytest.CaptureFixture[str]) -> None:
    """With the floors of the repository."""
    assert main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.usefixtures("on_own_gold")
def test_a_lost_paragraph_fails_the_gate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The complaint names the figure and the page."""
    _broken(monkeypatch, _without_end)
    assert main(["--check"]) == 1
    told = capsys.readouterr().out
    assert "recorded: recall" in told
    assert "demo: paragraphs" in told
    assert "recorded/smart/wires-2017" in told or "recorded/enab_baladi/" in told
    assert "precision" not in told


@pytest.mark.usefixtures("on_own_gold")
@pytest.mark.parametrize(
    ("figure", "change"),
    [
        ("headline", lambda article: replace(article, headline=f"{article.headline} - موقع")),
        ("clean", lambda article: replace(article, body=f"{article.body}\n\nجميع الحقوق محفوظة © عنب بلدي")),
        ("no_wrong_date", lambda article: replace(article, date_published="2020-01-01T00:00:00+00:00")),
        ("authors", lambda article: replace(article, authors=("غيره",))),
        ("sources", lambda article: replace(article, sources=("غيره",))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_kind_of_loss_fails_the_gate(
    figure: str, change: Callable[[Article], Article], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One figure each."""
    _broken(monkeypatch, change)
    assert main(["--check"]) == 1
    assert f"recorded: {figure} " in capsys.readouterr().out


@pytest.mark.usefixtures("on_own_gold")
def test_a_reader_that_crashes_fails_the_gate_and_not_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error stands beside the pages."""

    def crash(_page: Page, _outlet: str | None = None) -> Result:
        raise IndexError("list index out of range")

    monkeypatch.setattr(reader, "read", crash)
    assert main(["--check"]) == 1
    assert "IndexError: list index out of range" in capsys.readouterr().out


@pytest.mark.usefixtures("on_own_gold")
def test_update_refuses_to_lower_a_floor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file stays as it was, byte for byte, also where other figures rose."""
    file = tmp_path / "floors.json"
    file.write_text('{"recorded": {"recall": 1.0, "headline": 0.5}}', encoding="utf-8")
    _broken(monkeypatch, _without_end)
    assert main(["--update", "--floors", str(file)]) == 1
    assert file.read_text(encoding="utf-8") == '{"recorded": {"recall": 1.0, "headline": 0.5}}'
    assert "never lowered" in capsys.readouterr().out


def test_update_raises_floors_and_keeps_those_of_absent_gold(tmp_path: Path) -> None:
    """Gold beside the repository may be missing here and present elsewhere."""
    found = scores(OURS, recorded())
    new = floors.raised({"recorded": {"f1": 0.5}, "elsewhere": {"f1": 0.9}}, found)
    assert new["recorded"]["f1"] > 0.9
    assert new["recorded"]["headline"] > 0.9
    assert new["elsewhere"] == {"f1": 0.9}
    floors.save(new, tmp_path / "floors.json")
    assert floors.load(tmp_path / "floors.json") == new
    assert floors.complaints(new, found) == []


def test_floors_without_their_own_gold_are_a_complaint() -> None:
    """Deleting the recorded pages does not pass the gate; gold outside the repository may be absent."""
    assert floors.complaints({"recorded": {"f1": 0.9}, "sites": {"f1": 0.9}}, []) == [
        "recorded: no gold found, its floors say nothing"
    ]


@pytest.mark.usefixtures("on_own_gold")
def test_no_floors_are_a_complaint(tmp_path: Path) -> None:
    """A missing file does not pass for a passed gate."""
    assert main(["--check", "--floors", str(tmp_path / "none.json")]) == 1


def test_pinned_floors_are_high() -> None:
    """The goals: words and headlines of the five outlets at 0.99 or more, no furniture, no wrong date."""
    pinned = floors.load()
    for group in ("recorded", "demo"):
        assert pinned[group]["f1"] >= 0.99
        assert pinned[group]["headline"] >= 0.99
        assert pinned[group]["clean"] == pinned[group]["no_wrong_date"] == 1.0


def test_own_gold_holds_every_outlet_and_pages_that_are_no_article(own: list[Gold]) -> None:
    """From recorded pages and from the demo's world."""
    articles = {(each.group, each.site) for each in own if each.refusal is None}
    for outlet in ("al_jazeera", "baladi_news", "enab_baladi", "geiroon", "smart"):
        assert ("recorded", outlet) in articles
        assert ("demo", outlet) in articles
    assert sum(each.refusal is not None for each in own) >= 8
    assert len({each.key for each in own}) == len(own)


@pytest.mark.skipif(not (SHARED / "gold").exists(), reason=f"no gold at {SHARED}")
def test_shared_gold_is_found_and_has_names_of_its_own() -> None:
    """Seeds in bare markup and in each layout of their outlet; pages of other sites."""
    gold = [*seeds(), *sites()]
    assert len({each.key for each in gold}) == len(gold)
    assert {each.site for each in gold if each.group == "seeds"} == {
        "al_jazeera",
        "baladi_news",
        "enab_baladi",
        "geiroon",
        "smart",
    }


def test_shared_gold_that_is_absent_is_no_error(tmp_path: Path) -> None:
    """Nothing is found there, and that is all."""
    assert [*seeds(tmp_path), *sites(tmp_path)] == []


def test_the_same_seed_gives_the_same_variations() -> None:
    """And another seed others."""
    pages = [gold for gold in recorded() if gold.site == "enab_baladi"]
    for change in CHANGES.values():
        once = [gold.page.body for gold in mutants(pages, change, 1)]
        assert once == [gold.page.body for gold in mutants(pages, change, 1)]
    assert once != [gold.page.body for gold in mutants(pages, CHANGES["all together"], 2)]


def test_peers_that_are_not_installed_are_named() -> None:
    """Trafilatura is ours anyway; the others come with `make eval`."""
    found, versions, missing = peers()
    assert {reader.name for reader in found} >= {"trafilatura", "trafilatura precision"}
    assert set(versions) == {reader.name for reader in found}
    assert len(found) + len(missing) == 5


def test_no_reader_can_fetch_while_it_is_measured() -> None:
    """A connection is refused before it is made, and possible again after."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        with offline(), pytest.raises(OSError, match="tried to connect"):
            socket.create_connection(server.getsockname())
        socket.create_connection(server.getsockname()).close()


@pytest.mark.slow
def test_the_whole_run_leaves_figures_and_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every installed reader, in JSON and as HTML with a diff of each page."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("infra.eval.__main__.gather", lambda _console: [g for g in recorded() if g.site == "geiroon"])
    main([])
    figures = json.loads((tmp_path / "bench-results/eval.json").read_text(encoding="utf-8"))
    assert figures["readers"]["warraq"]["groups"]["recorded"]["f1"] > 0.9
    assert figures["readers"]["trafilatura"]["groups"]["recorded"]["f1"] > 0.3
    shown = (tmp_path / "bench-results/eval.html").read_text(encoding="utf-8")
    assert 'dir="rtl"' in shown
    assert shown.count("<details") == len([gold for gold in recorded() if gold.site == "geiroon"])
    assert "http" not in shown.split("<body>")[0]
