"""A file of facts into an outlet, or all that is wrong with it, each fault at its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from crawler.outlet_files.lines import Path as Keys
from crawler.outlet_files.lines import line_numbers
from crawler.outlet_files.loaded_outlet import RESERVED, SLUG, LoadedOutlet, OutletFileError
from crawler.outlet_files.model import SOURCES, OutletFacts, SourceFacts
from crawler.suggestion import did_you_mean
from extractors.outlet import Catalogue, Layout, Outlet, Route, wordpress_routes

MOST_BYTES: Final = 1_000_000
_SOURCES: Final = {str(get_args(each.model_fields["kind"].annotation)[0]): each for each in SOURCES}
_URLS: Final = ("url", "robots", "usual", "apart", "index", "template", "endpoint", "first", "following")


def read_outlet(file: Path, origin: str | None = None, taken: Mapping[str, str] | None = None) -> LoadedOutlet:
    """The outlet that a file states. taken: hosts and slugs of other outlets, with whose they are. Raises OutletFileError.

    origin: as it is named to a person; else the file.
    """
    try:
        with file.open("rb") as opened:
            octets = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise OutletFileError(f"{file}: {error.strerror}") from error
    if len(octets) > MOST_BYTES:
        raise OutletFileError(f"{file}: has more than {MOST_BYTES:,} bytes")
    try:
        text = octets.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise OutletFileError(f"{file}:{line}: is not UTF-8") from error
    outlet, sources = outlet_from(text, file.stem, str(file), taken or {})
    return LoadedOutlet(outlet, sources, origin or str(file), file)


def outlet_from(text: str, slug: str, name: str, taken: Mapping[str, str]) -> tuple[Outlet, tuple[BaseModel, ...]]:
    """(outlet, sources) of a text. name: how the file is called in faults. Raises OutletFileError."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)|\(at end of document\)", str(error))
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        reason = re.sub(r" \(at .*\)", "", str(error))
        raise OutletFileError(f"{name}:{line}: is no TOML: {reason}") from None
    lines = line_numbers(text)
    faults: list[tuple[int, str]] = []
    facts: OutletFacts | None = None
    try:
        facts = OutletFacts.model_validate(data)
    except ValidationError as error:
        faults += [_fault(problem, data, lines) for problem in error.errors(include_url=False)]
    faults += [(_line_of(keys, lines), f"{_shown(keys)}: {reason}") for keys, reason in _between(data, taken)]
    faults += [(1, reason) for reason in _of_name(slug, taken)]
    if faults or facts is None:
        raise OutletFileError("\n".join(f"{name}:{line}: {reason}" for line, reason in sorted(set(faults))))
    return _outlet(slug, facts), tuple(facts.sources)


def _outlet(slug: str, facts: OutletFacts) -> Outlet:
    routes = tuple(Route(**route.model_dump()) for route in facts.routes)
    return Outlet(
        slug=slug,
        name=facts.name,
        name_ar=facts.name_ar,
        hosts=tuple(facts.hosts),
        home=facts.home,
        timezone=facts.timezone,
        routes=wordpress_routes(facts.wordpress, article=routes) if facts.wordpress else routes,
        alive=facts.alive,
        died=facts.died,
        prefixes=tuple(facts.prefixes),
        language=facts.language,
        layouts=tuple(Layout(**with_tuples(layout)) for layout in facts.layouts),
        catalogue=Catalogue(**with_tuples(facts.catalogue)),
        ids=tuple((number, month) for number, month in facts.ids),
    )


def with_tuples(facts: BaseModel) -> dict[str, Any]:
    """The values by key, lists as tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.model_dump().items()}


def _of_name(slug: str, taken: Mapping[str, str]) -> Iterator[str]:
    if not SLUG.fullmatch(slug):
        yield f"the file's name is the outlet's: small letters, digits, _ and -, at most 40; not {slug!r}"
    elif slug in RESERVED:
        yield f"{slug!r} cannot be the name of an outlet: an archive uses it for something else"
    elif slug in taken:
        yield f"the name {slug!r} is taken: {taken[slug]}"


def _between(data: Mapping[str, Any], taken: Mapping[str, str]) -> Iterator[tuple[Keys, str]]:
    """Faults of keys that do not fit each other, or another outlet; of what has the right type."""
    listed = data.get("hosts")
    hosts = [host if isinstance(host, str) else "" for host in listed] if isinstance(listed, list) else []
    for n, host in enumerate(hosts):
        if host in taken:
            yield ("hosts", n), f"{host!r} is a host of another outlet: {taken[host]}"
        if host in hosts[:n]:
            yield ("hosts", n), f"{host!r} stands here twice"
    if isinstance(home := data.get("home"), str) and (reason := _foreign(home, hosts)):
        yield ("home",), reason
    sources = data.get("sources")
    for n, source in enumerate(sources if isinstance(sources, list) else ()):
        for key in _URLS if isinstance(source, dict) else ():
            value = source.get(key)
            for m, url in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(url, str) and (reason := _foreign(url, hosts)):
                    yield ("sources", n, key, m) if isinstance(value, list) else ("sources", n, key), reason


def _foreign(url: str, hosts: list[str]) -> str | None:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return f"{url!r} is no http or https address"
    return (
        f"{host} is not among the hosts of this outlet.{did_you_mean(host, hosts)}"
        if host and hosts and host not in hosts
        else None
    )


def _fault(problem: Any, data: Any, lines: Mapping[Keys, int]) -> tuple[int, str]:
    """(line, what is wrong) of one error that pydantic found."""
    keys = _without_tags(tuple(problem["loc"]))
    kind = problem["type"]
    if kind == "extra_forbidden":
        allowed = list(_model_at(keys[:-1], data).model_fields)
        reason = f"is no key here; there are {', '.join(allowed)}.{did_you_mean(str(keys[-1]), allowed)}"
    elif kind == "missing":
        field = _model_at(keys[:-1], data).model_fields[str(keys[-1])]
        reason = f"is missing: {field.description}"
    elif kind in {"union_tag_invalid", "union_tag_not_found"}:
        tag = problem["input"].get("kind") if isinstance(problem["input"], dict) else None
        keys = (*keys, "kind") if tag is not None else keys
        what = f"{tag!r} is no kind of source" if tag is not None else "kind is missing: what kind of source it is"
        reason = f"{what}; there are {', '.join(_SOURCES)}.{did_you_mean(str(tag), _SOURCES)}"
    elif kind == "literal_error":
        allowed = [str(each) for each in get_args(_model_at(keys[:-1], data).model_fields[str(keys[-1])].annotation)]
        reason = f"{problem['input']!r} is not one of {', '.join(allowed)}.{did_you_mean(str(problem['input']), allowed)}"
    elif kind == "value_error":
        reason = str(problem["ctx"]["error"])
    else:
        reason = f"{problem['input']!r}: {_MESSAGES.get(kind) or problem['msg']}"[:300]
    return _line_of(keys, lines), f"{_shown(keys)}: {reason}"


_MESSAGES: Final = {
    "string_type": "must be a text in quotes",
    "bool_type": "must be true or false",
    "list_type": "must be a list in brackets",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "small letters, digits, dot, _ and - only",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}


def _without_tags(loc: Keys) -> Keys:
    """Without the kind of a source, which pydantic puts into the path to its keys; the document has no such step."""
    return (
        (*loc[:2], *loc[3:]) if len(loc) > 2 and loc[0] == "sources" and loc[2] in _SOURCES and isinstance(loc[1], int) else loc
    )


def _model_at(keys: Keys, data: Any) -> type[BaseModel]:
    """The model of the table at a path."""
    model: Any = OutletFacts
    for key in keys:
        data = data[key]
        if isinstance(key, int):
            continue
        if key == "sources":
            model = SourceFacts
            continue
        annotation = model.model_fields[key].annotation
        model = next(iter(get_args(annotation)), annotation)
    if model is SourceFacts:
        model = _SOURCES[data["kind"]]
    return model  # type: ignore[no-any-return]  # models only, all the way down


def _line_of(keys: Keys, lines: Mapping[Keys, int]) -> int:
    """Of the key, else of the nearest table that should have it."""
    while keys and keys not in lines:
        keys = keys[:-1]
    return lines.get(keys, 1)


def _shown(keys: Keys) -> str:
    """`routes[2].path`, counted from 1 as a person does."""
    shown = ""
    for key in keys:
        shown += f"[{key + 1}]" if isinstance(key, int) else f"{'.' if shown else ''}{key}"
    return shown
