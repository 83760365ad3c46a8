"""How an article is cited: as text, as BibTeX, as CSL-JSON (citationstyles.org, schema 1.0 of its data)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from crawler.serve.collection import outlet_name
from crawler.serve.language import Language
from storage.record import Json

_SPECIAL: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # not \{: BibTeX counts braces, with a backslash before them too
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_BREAKING: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Citation:
    """permalink: of this text in the reader that cites it."""

    record: Json
    permalink: str

    def text(self, words: Language) -> str:
        """One paragraph, in the language of the interface."""
        record = self.record
        parts = [
            ("، " if words.code == "ar" else ", ").join(self._authors),
            f"«{_line(record['headline'])}»",
            _line(outlet_name(record["outlet"], words.code)),
            words.day(record["date_published"], record["date_published_precision"]),
            _line(record["url"]),
            words("cite.captured", day=words.day(self._captured)),
            f"Warraq {self._name}, {self.permalink}",
            f"SHA-256 {self._sha256}",
        ]
        if self._capture:
            parts.append(self._capture)
        return ". ".join(part for part in parts if part) + "."

    def bibtex(self) -> str:
        """An entry of type @misc: it stands in BibTeX and in BibLaTeX alike."""
        record = self.record
        published = record["date_published"] or ""
        fields = {
            "author": " and ".join(f"{{{_tex(name)}}}" for name in self._authors),
            "title": f"{{{_tex(record['headline'])}}}",
            "howpublished": _tex(outlet_name(record["outlet"], "en")),
            "year": published[:4],
            "month": published[5:7].lstrip("0"),
            "day": published[8:10].lstrip("0") if record["date_published_precision"] != "month" else "",
            "url": _line(record["url"]).replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C"),
            "urldate": self._captured[:10],
            "language": "arabic" if record["language"].startswith("ar") else _tex(record["language"]),
            "note": _tex("; ".join(part for part in (f"Warraq {self._name}", f"SHA-256 {self._sha256}", self._capture) if part)),
        }
        key = re.sub(r"[^A-Za-z0-9]+", "-", self._name)
        if not re.fullmatch(r"[\w:-]+@\d+", self._name, re.ASCII):
            key += f"-{self._sha256[:8]}"  # ids that differ in other letters must not share a key
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}\n"

    def csl(self) -> list[Json]:
        """A list of one item, as reference managers import it."""
        record = self.record
        item: Json = {
            "id": self._name,
            "type": "article-newspaper",
            "title": _line(record["headline"]),
            "author": [{"literal": name} for name in self._authors],
            "container-title": _line(outlet_name(record["outlet"], record["language"][:2])),
            "issued": _date_parts(record["date_published"], record["date_published_precision"]),
            "accessed": _date_parts(self._captured, "day"),
            "URL": _line(record["url"]),
            "language": _line(record["language"]),
            "archive": "Warraq",
            "archive_location": self.permalink,
            "note": "; ".join(part for part in (f"SHA-256 {self._sha256}", self._capture) if part),
        }
        return [{name: value for name, value in item.items() if value}]

    @property
    def _authors(self) -> list[str]:
        return [line for name in self.record["authors"] if (line := _line(name))]

    @property
    def _name(self) -> str:
        return f"{_line(self.record['id'])}@{self.record['revision']}"

    @property
    def _captured(self) -> str:
        return str(self.record["capture"]["memento_at"] or self.record["capture"]["fetched_at"])

    @property
    def _sha256(self) -> str:
        return str(self.record["content_hash"]).removeprefix("sha256:")

    @property
    def _capture(self) -> str:
        warc = self.record["capture"]["warc"]
        return f"WARC {_line(warc['record_id'])}" if warc else ""


def _line(text: str) -> str:
    """Text of the web on one line, without what breaks lines or turns directions."""
    return " ".join(_BREAKING.sub(" ", text).split())


def _tex(text: str) -> str:
    return "".join(_SPECIAL.get(char, f"\\{char}" if char in "%&$#_" else char) for char in _line(text))


def _date_parts(stamp: str | None, precision: str | None) -> Json | None:
    if not stamp:
        return None
    try:
        if len(stamp) == 7:
            return {"date-parts": [[(month := date.fromisoformat(f"{stamp}-01")).year, month.month]]}
        day = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return {"date-parts": [[day.year, day.month, day.day][: 2 if precision == "month" else 3]]}
