"""Whether recorded pages still give the articles written beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from extractors.article import Article, NotAnArticle
from extractors.fixture import MissingExpectationError, page_from_fixture


@dataclass(frozen=True, slots=True)
class CheckedPage:
    """A recorded page. problem: what it gives now that was not expected; None: all is as it was."""

    file: Path
    problem: str | None


def check_pages(folder: Path, outlet: str) -> Iterator[CheckedPage]:
    """Each page `*.html` of a folder, read as one of the outlet."""
    from extractors.reader import read  # noqa: PLC0415  # late: trafilatura takes 0.4 s to load

    for file in sorted(folder.glob("*.html")):
        if any(each.exists() and not each.is_file() for each in (file, file.with_suffix(".json"))):
            yield CheckedPage(file, "this, or its .json, is no file")
            continue
        try:
            page, expected = page_from_fixture(file)
        except MissingExpectationError as error:
            yield CheckedPage(file, str(error))
        except (OSError, ValueError, KeyError, TypeError) as error:
            yield CheckedPage(file, f"{file.with_suffix('.json')} is no expectation ({type(error).__name__}: {error})")
        else:
            yield CheckedPage(file, _difference(expected, read(page, outlet)))


def _difference(expected: Article | str, result: Article | NotAnArticle) -> str | None:
    if isinstance(result, NotAnArticle):
        wanted = f"no article ({expected})" if isinstance(expected, str) else "an article"
        return None if result.reason == expected else f"gives no article ({result.reason}), expected {wanted}"
    if isinstance(expected, str):
        return f"gives an article, expected no article ({expected})"
    differ = [each.name for each in fields(Article) if getattr(expected, each.name) != getattr(result, each.name)]
    return f"differs in {', '.join(differ)}" if differ else None
