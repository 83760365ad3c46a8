"""Puts the site's Markdown together: pages of `infra/docs/pages`, documents of the repository, and the reference.

Nothing is written twice: a page takes a chapter of a document by a line `<!-- chapter: infra/deploy/RUNBOOK.md#restore -->`.
Links between documents become links between pages; a link to a file that is no page becomes its path.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from infra.docs import reference

PAGES: Final = PurePosixPath("infra/docs/pages")
DOCUMENTS: Final = {
    "README.md": "overview.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "infra/ARCHITECTURE.md": "architecture.md",
    "infra/EVIDENCE.md": "evidence.md",
    "infra/DATA.md": "data.md",
    "infra/SCALE.md": "scale.md",
    "infra/OUTLET_FILES.md": "outlet-files.md",
    "infra/SECURITY.md": "security.md",
    "infra/bench/README.md": "figures.md",
    "infra/deploy/RUNBOOK.md": "runbook.md",
    "infra/decisions/README.md": "decisions/index.md",
}
"""Documents that are pages as they are, by their path in the repository. Decisions are added one by one."""
GENERATED: Final = {"infra/deploy/prometheus/metrics.md": "reference/metrics.md"}
"""Documents whose links lead to a page of the reference."""
PICTURES: Final = PurePosixPath("assets/pictures")
_CHAPTER: Final = re.compile(r"^<!-- chapter: (?P<document>[\w./-]+)#(?P<chapter>[\w-]+) -->$", re.MULTILINE)
_LINK: Final = re.compile(r"(?P<image>!?)(?P<text>\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<target>[^)\s]+)\)")
_FENCE: Final = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^(?P<marks>#+) +(?P<title>.*?) *$", re.MULTILINE)


class SiteError(Exception):
    """A page asks for something that is not there."""


def assemble(root: Path, target: Path) -> None:
    """Writes every page into `target/pages` and mkdocs' configuration beside it; what was there is replaced. SiteError."""
    shutil.rmtree(target, ignore_errors=True)
    documents = dict(DOCUMENTS)
    for decision in sorted((root / "infra" / "decisions").glob("0*.md")):
        documents[f"infra/decisions/{decision.name}"] = f"decisions/{decision.name}"
    own = {str(PAGES / path.name): path.name for path in sorted((root / PAGES).glob("*.md"))}
    site = documents | own | GENERATED
    for source, page in (documents | own).items():
        text = with_chapters(root, (root / source).read_text("utf-8"), PurePosixPath(source), site)
        _write(target / "pages" / page, with_links(text, PurePosixPath(source), PurePosixPath(page), site))
        for picture in pictures_of(text, PurePosixPath(source)):
            (target / "pages" / PICTURES).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / picture, target / "pages" / PICTURES / PurePosixPath(picture).name)
    index = (target / "pages" / "decisions" / "index.md").read_text("utf-8")
    _write(target / "pages" / "decisions" / "index.md", index + "\n" + "".join(_decisions(root)))
    for page, text in reference.pages(root).items():
        _write(target / "pages" / "reference" / page, text)
    for name in ("mkdocs.yml", "page_direction.py"):
        shutil.copyfile(root / "infra" / "docs" / name, target / name)
    shutil.copytree(root / "infra" / "docs" / "assets", target / "pages" / "assets", dirs_exist_ok=True)


def with_chapters(root: Path, text: str, source: PurePosixPath, site: dict[str, str]) -> str:
    """The text with the chapters that it asks for, their headings one level below the page's, their links as from this page."""

    def chapter(match: re.Match[str]) -> str:
        document = PurePosixPath(match["document"])
        found = chapter_of((root / document).read_text("utf-8"), match["chapter"])
        if found is None:
            raise SiteError(f"{source}: {document} has no chapter #{match['chapter']}")
        return rebased(found, document, source, site)

    return _CHAPTER.sub(chapter, text)


def chapter_of(text: str, slug: str) -> str | None:
    """A chapter without its heading, up to the next one of its level; None: there is none of this name."""
    fences = [range(*fence.span()) for fence in _FENCE.finditer(text)]
    headings = [match for match in _HEADING.finditer(text) if not any(match.start() in fence for fence in fences)]
    for number, heading in enumerate(headings):
        if slug_of(heading["title"]) == slug:
            level = len(heading["marks"])
            end = next((later.start() for later in headings[number + 1 :] if len(later["marks"]) <= level), len(text))
            return _deeper(text[heading.end() : end].strip("\n"), 2 - level)
    return None


def slug_of(title: str) -> str:
    """A heading as the part of a link after `#`, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")


def rebased(text: str, document: PurePosixPath, source: PurePosixPath, site: dict[str, str]) -> str:
    """The text with its links as they are written in another file of the repository."""

    def link(match: re.Match[str]) -> str:
        target, hash_mark, anchor = match["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        path = _resolved(document, target) if target else str(document)
        if path not in site:
            return f"{match['text'][1:-1]} (`{path}`)"
        return f"{match['text']}({os.path.relpath(path, source.parent)}{hash_mark}{anchor})"

    return _outside_fences(text, lambda part: _LINK.sub(link, part))


def with_links(text: str, source: PurePosixPath, page: PurePosixPath, site: dict[str, str]) -> str:
    """The text with its links between documents as links between pages, and its pictures among the assets."""

    def link(match: re.Match[str]) -> str:
        target, hash_mark, anchor = match["target"].partition("#")
        if "://" in target or target.startswith("mailto:") or not target:
            return match[0]
        path = _resolved(source, target)
        if match["image"]:
            return f"!{match['text']}({os.path.relpath(PICTURES / PurePosixPath(path).name, page.parent)})"
        if path in site:
            return f"{match['text']}({os.path.relpath(site[path], page.parent)}{hash_mark}{anchor})"
        if path.startswith(f"{PAGES}/"):  # made by the reference
            return f"{match['text']}({os.path.relpath(path.removeprefix(f'{PAGES}/'), page.parent)}{hash_mark}{anchor})"
        words = match["text"][1:-1]
        return words if words.strip("`").rstrip("/") == path.rstrip("/") else f"{words} (`{path}`)"

    return _outside_fences(text, lambda part: _LINK.sub(link, part))


def pictures_of(text: str, source: PurePosixPath) -> set[str]:
    """Paths in the repository of the pictures that a document shows."""
    return {
        _resolved(source, match["target"]) for match in _LINK.finditer(text) if match["image"] and "://" not in match["target"]
    }


def _resolved(source: PurePosixPath, target: str) -> str:
    return os.path.normpath(source.parent / target)


def _outside_fences(text: str, change: Callable[[str], str]) -> str:
    """The text, changed where it is no block of code."""
    parts, end = list[str](), 0
    for fence in _FENCE.finditer(text):
        parts += [change(text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(text[end:])])


def _deeper(text: str, by: int) -> str:
    """The text with its headings so many levels further in."""
    return _outside_fences(
        text, lambda part: re.sub(r"^(#+) ", lambda match: "#" * (len(match[1]) + by) + " ", part, flags=re.MULTILINE)
    )


def _decisions(root: Path) -> Iterator[str]:
    for path in sorted((root / "infra" / "decisions").glob("0*.md")):
        title = path.read_text("utf-8").partition("\n")[0].lstrip("# ")
        yield f"- [{title}]({path.name})\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
