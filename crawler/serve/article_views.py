"""An article: its text, its citation, its raw capture, its proof."""

from __future__ import annotations

from importlib.metadata import version
from io import BytesIO
from typing import Any, Final
from zipfile import ZipFile, ZipInfo

from w3lib.encoding import html_to_unicode

from crawler.serve.citation import Citation
from crawler.serve.collection import ArticleText, Collection, Reference
from crawler.serve.page_request import PageRequest, article_path
from crawler.serve.response import RequestError, Response, json_response
from storage.errors import ArchiveError, BadKey, Damaged
from storage.keys import checked_key
from storage.record import Json, Pointer, blocks_of
from storage.warc.content_coding import CodingError, decoded
from storage.warc.reader import Record, record_at

MOST_BYTES: Final = 8_000_000
"""Of a page, unpacked, as the crawl takes it."""
SHOWN_CHARACTERS: Final = 300_000


def article_page(collection: Collection, request: PageRequest) -> Response:
    """`/a/ID[@REVISION]`."""
    text, texts = _requested(collection, request)
    record = collection.record(text.key)
    citation = _citation(request, record, text)
    return request.page(
        "article.html",
        text=text,
        texts=texts,
        record=record,
        blocks=blocks_of(record),
        reading=record.get("reading") or {"doubts": [], "second": None},
        citation=citation,
    )


def article_json(collection: Collection, request: PageRequest) -> Response:
    """`/api/articles/ID`, `/api/articles/ID/revisions/N`."""
    text, texts = _requested(collection, request)
    return json_response(
        {
            "id": text.id,
            "revision": text.revision,
            "newest": bool(text.newest),
            "gone_at": text.gone_at,
            "permalink": request.origin + article_path(text.id, text.revision),
            "revisions": [
                {"revision": each.revision, "seen_at": each.seen_at, "newest": bool(each.newest), "headline": each.headline}
                for each in texts
            ],
            "record": collection.record(text.key),
        }
    )


def citation_file(collection: Collection, request: PageRequest) -> Response:
    """`/a/ID@REVISION/cite.txt`, `.bib`, `.json`."""
    text, _ = _requested(collection, request)
    citation = _citation(request, collection.record(text.key), text)
    form = request.parts["form"]
    if form == "json":
        return json_response(citation.csl(), content_type="application/vnd.citationstyles.csl+json")
    body = citation.bibtex() if form == "bib" else citation.text(request.words) + "\n"
    kind = "application/x-bibtex" if form == "bib" else "text/plain"
    return Response(body.encode(errors="replace"), f"{kind}; charset=utf-8")


def raw_page(collection: Collection, request: PageRequest) -> Response:
    """`/a/ID@REVISION/raw`: what the server sent, the page as text."""
    from storage.seals.log import seals_after  # noqa: PLC0415 - with what it imports

    text, texts = _requested(collection, request)
    record = collection.record(text.key)
    capture, page, problem = None, "", None
    if record["capture"]["warc"] is not None:
        try:
            capture, page = _page(collection, record)
        except (ArchiveError, CodingError) as error:
            problem = type(error).__name__
    return request.page(
        "raw.html",
        text=text,
        texts=texts,
        record=record,
        capture=capture,
        page=page[:SHOWN_CHARACTERS],
        shortened=len(page) > SHOWN_CHARACTERS,
        problem=problem,
        sealed=next(seals_after(collection.archive.store), None) is not None,
    )


def warc_file(collection: Collection, request: PageRequest) -> Response:
    """`/a/ID@REVISION/raw.warc.gz`: the record as it lies in the archive, and the one that a revisit repeats."""
    from storage.wacz.revisits import original_of  # noqa: PLC0415

    text, _ = _requested(collection, request)
    pointer, store = _pointer(collection.record(text.key)), collection.archive.store
    member = store.part(pointer.file, pointer.offset, pointer.length) or b""
    found = record_at(store, pointer)
    if found.kind == "revisit" and found.refers_to and (place := original_of(store, found.refers_to, pointer.file)):
        member += store.part(*place) or b""
    return Response(member, "application/warc", filename=f"{_file_name(text)}.warc.gz")


def wacz_file(collection: Collection, request: PageRequest) -> Response:
    """`/a/ID@REVISION/raw.wacz`: the same for replay tools."""
    from storage.wacz.exporting import export_wacz  # noqa: PLC0415 - only this needs it

    text, _ = _requested(collection, request)
    record = collection.record(text.key)
    _pointer(record)
    out, problems = BytesIO(), list[str]()
    made = f"warraq {version('warraq')}"
    export_wacz(collection.archive.store, [record], out, title=text.headline, software=made, problem=problems.append)
    if problems:
        raise Damaged(problems[0])
    return Response(out.getvalue(), "application/wacz+zip", filename=f"{_file_name(text)}.wacz")


def proof_file(collection: Collection, request: PageRequest) -> Response:
    """`/a/ID@REVISION/proof.zip`: what `warraq prove` puts into a folder. RequestError: 404, no seal holds it yet."""
    from importlib import resources  # noqa: PLC0415

    from storage.seals.proof import NotSealedError, prove  # noqa: PLC0415 - loads cryptography

    text, _ = _requested(collection, request)
    readme = resources.files("crawler.sealing").joinpath("proof_readme.txt").read_text("utf-8")
    try:
        proof = prove(collection.archive.store, checked_key(text.key), readme)
    except NotSealedError:
        raise RequestError(404, "proof") from None
    out = BytesIO()
    with ZipFile(out, "w") as package:
        for name, data in proof.files.items():
            package.writestr(ZipInfo(name), data)  # no clock: the same proof gives the same file
    return Response(out.getvalue(), "application/zip", filename=f"{_file_name(text)}-proof.zip")


def _requested(collection: Collection, request: PageRequest) -> tuple[ArticleText, list[ArticleText]]:
    number = request.parts.get("revision")
    return collection.text(Reference.parse(f"{request.parts['article']}@{number}" if number else request.parts["article"]))


def _citation(request: PageRequest, record: Json, text: ArticleText) -> Citation:
    return Citation(record, request.origin + article_path(text.id, text.revision))


def _pointer(record: Json) -> Pointer:
    """Where the raw capture stands. RequestError: 404, there is none."""
    warc: dict[str, Any] | None = record["capture"]["warc"]
    if warc is None:
        raise RequestError(404, "capture")
    pointer = Pointer(**warc)
    if not checked_key(pointer.file).startswith("warc/"):
        raise BadKey(f"{pointer.file!r} is no file of raw captures")
    return pointer


def _page(collection: Collection, record: Json) -> tuple[Record, str]:
    """(capture, its page as text). ArchiveError, CodingError."""
    from storage.wacz.revisits import original_record  # noqa: PLC0415

    found = original_record(collection.archive.store, _pointer(record))
    return found, html_to_unicode(found.content_type, decoded(found.body, found.headers, MOST_BYTES))[1]


def _file_name(text: ArticleText) -> str:
    """Letters, digits, dots and dashes alone: it stands in a header."""
    return (
        "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in text.id)[:80]
        + f"-{text.revision}"
    )
