"""The languages of the interface: words, plurals, dates. The tables are `crawler/serve/words/<code>.toml`, of the same keys."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from importlib import resources
from typing import Any, Final

CODES: Final = ("ar", "en")
DEFAULT: Final = "en"
_RANGE: Final = re.compile(r"\s*([A-Za-z*]{1,8})(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*")
_MOST_RANGES: Final = 20


@dataclass(frozen=True, slots=True)
class Language:
    """code: BCP 47; direction: of the page, `rtl` or `ltr`; table: nested texts, plurals by CLDR's category."""

    code: str
    direction: str
    table: dict[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """The text under a dotted key, its `{names}` filled in. KeyError: there is none."""
        return str(self._at(key)).format_map(values)

    def name(self, group: str, word: str) -> str:
        """The text for a word of the archive (a fate, a class of change); the word itself where the table has none."""
        return str(self.table[group].get(word, word))

    def count(self, key: str, number: int) -> str:
        """A number with its noun: «3 revisions», «مراجعتان»."""
        forms = self._at(key)
        return str(forms.get(_plural(self.code, number), forms["other"])).format(n=f"{number:,}")

    def day(self, stamp: str | None, precision: str | None = None, zone: tzinfo | None = None) -> str:
        """An RFC 3339 moment, day or month as people write it; "" for none. zone: converted to it; else as it stands."""
        if not stamp:
            return ""
        try:
            if len(stamp) == 7 or precision == "month":
                return self("date.month", month=self.month(int(stamp[5:7])), year=stamp[:4])
            moment = datetime.fromisoformat(stamp)
        except ValueError:
            return stamp
        if zone is not None and moment.tzinfo is not None and precision == "minute":
            moment = moment.astimezone(zone)
        day = self("date.day", day=moment.day, month=self.month(moment.month), year=moment.year)
        if len(stamp) == 10 or precision == "day":
            return day
        return self("date.minute", day=day, time=f"{moment:%H:%M}")

    def span(self, span: str) -> str:
        """A month (YYYY-MM) or a year."""
        return self.day(span) if len(span) == 7 else span

    def month(self, number: int) -> str:
        """The name of a month, 1 to 12."""
        names = self.table["date"]["months"]
        return str(names[number - 1]) if 1 <= number <= 12 else str(number)

    def _at(self, key: str) -> Any:
        found: Any = self.table
        for part in key.split("."):
            found = found[part]
        return found


@cache
def language(code: str) -> Language:
    """One of CODES."""
    table = tomllib.loads(resources.files("crawler.serve").joinpath("words", f"{code}.toml").read_text("utf-8"))
    return Language(code, str(table["direction"]), table)


def chosen_language(wanted: str | None, accepted: str) -> Language:
    """By the `lang` of the address, else by Accept-Language (RFC 9110 §12.5.4), else English."""
    if wanted in CODES:
        return language(wanted)
    best, quality = DEFAULT, 0.0
    for each in accepted.split(",")[:_MOST_RANGES]:
        found = _RANGE.fullmatch(each)
        if found and found[1].lower() in CODES and float(found[2] or 1) > quality:
            best, quality = found[1].lower(), float(found[2] or 1)
    return language(best)


def _plural(code: str, number: int) -> str:
    """CLDR's plural category of a whole number."""
    if code != "ar":
        return "one" if number == 1 else "other"
    if number in (0, 1, 2):
        return ("zero", "one", "two")[number]
    return "few" if 3 <= number % 100 <= 10 else "many" if number % 100 >= 11 else "other"
