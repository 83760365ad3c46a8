"""The reference, made from the code: commands, settings, events and facts, the record, metrics."""

from __future__ import annotations

import ast
import json
import re
import typing
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from crawler.cli.app import COMMANDS, app, load
from crawler.config import PREFIX, Config
from crawler.delivery.messages import ALARMS, EVENTS, is_one_of
from crawler.watch.metrics import Metrics
from storage import FATES
from storage.record import schema

_FACT: Final = re.compile(r"[a-z_]+\.[a-z_]+")
_TELLERS: Final = {"fact", "facts", "_fact", "_facts", "report", "_report", "tell", "_source_fact"}
"""Functions and attributes that tell a fact: its name is their first argument."""


def pages(root: Path) -> dict[str, str]:
    """Every page by its name."""
    return {
        "commands.md": "".join(_commands()),
        "settings.md": "".join(_settings()),
        "events.md": "".join(_events(root)),
        "record.md": "".join(_record()),
        "metrics.md": "".join(_metrics()),
        "alerts.md": "".join(_alerts(root)),
    }


def _commands() -> Iterator[str]:
    yield f"# Commands\n\n{app.info.help}\n\n"
    for name in COMMANDS:
        command = load(name)
        yield from _command(name, command, 2)
        for subname, sub in getattr(command, "commands", {}).items():
            yield from _command(f"{name} {subname}", sub, 3)


def _command(name: str, command: Any, level: int) -> Iterator[str]:
    yield f"{'#' * level} warraq {name}\n\n{_paragraphs(command.help or '')}\n\n"
    options = [each for each in command.params if each.name != "help" and not getattr(each, "hidden", False)]
    if not options or getattr(command, "commands", None):
        return
    yield "| | | |\n|---|---|---|\n"
    for option in options:
        default = option.default if isinstance(option.default, (str, int, float)) and option.default is not False else None
        shown = "" if default in (None, "") else f"default {_cell(default)}"
        yield f"| {_names(option)} | {_escaped(getattr(option, 'help', '') or '')} | {shown} |\n"
    yield "\n"


def _names(option: Any) -> str:
    """As it is written on the command line, in a cell of a table."""
    if option.param_type_name == "argument":
        return _cell(option.metavar or option.name.upper()).replace("|", "\\|")
    annotation = option.type_descriptor.annotation
    value = option.metavar or getattr(annotation, "__name__", "VALUE").upper()
    names = [*option.opts, *option.secondary_opts] if option.is_flag else [f"{each} {value}" for each in option.opts]
    return " ".join(_cell(name) for name in names).replace("|", "\\|")


def _settings() -> Iterator[str]:
    yield (
        "# Settings\n\nIn the environment, in `.env`, or in the file that `WARRAQ_ENV_FILE` names. `warraq settings` shows each"
        " with its value and where the value came from. Delays are seconds, sizes bytes unless the name says otherwise.\n\n"
        "| setting | type | default | meaning |\n|---|---|---|---|\n"
    )
    for name, field in Config.model_fields.items():
        default = "by the machine" if field.default_factory else "" if field.default in ("", None) else _cell(field.default)
        yield f"| `{PREFIX}{name.upper()}` | {_type(field.annotation)} | {default} | {_escaped(field.description or '')} |\n"


def _events(root: Path) -> Iterator[str]:
    yield (
        "# Events and facts\n\nAn event is a CloudEvent 1.0 in the change log: durable, delivered to sinks, read by"
        " `warraq events show`. A fact is a JSON line on stdout of a command or a watch: `fact`, `at`, and"
        " the details below that are known.\n\n"
        "## Events\n\n| type | announced when | persons are told (`apprise:` sinks) |\n|---|---|---|\n"
    )
    for kind, meaning in EVENTS.items():
        yield f"| `{kind}` | {_escaped(meaning)} | {'always' if is_one_of(kind, ALARMS) else 'if asked for'} |\n"
    yield "\n## Facts\n\n"
    yield f"The fate of an address is a fact of its own name: {', '.join(f'`{fate}`' for fate in FATES)}. The others:\n\n"
    yield "| fact | details | told in |\n|---|---|---|\n"
    for fact, (details, files) in sorted(facts(root).items()):
        names = ", ".join(f"`{each}`" for each in sorted(details)) or "others"
        yield f"| `{fact}` | {names} | {', '.join(f'`{file}`' for file in sorted(files))} |\n"


def facts(root: Path) -> dict[str, tuple[set[str], set[str]]]:
    """(names of details, files) of each fact that a call in `crawler/` tells by a name that stands there."""
    found: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for file in sorted((root / "crawler").rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        adding = _adding(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (function := _called(node.func)) in _TELLERS | adding.keys() and node.args:
                for name in _texts(node.args[0]):
                    if _FACT.fullmatch(name):
                        found[name][0].update(_details(node), adding.get(function, ()))
                        found[name][1].add(str(file.relative_to(root)))
    return dict(found)


def _adding(tree: ast.Module) -> dict[str, set[str]]:
    """Functions of a module that tell the fact which their first argument names: with the details that they add."""
    found: dict[str, set[str]] = {}
    for function in (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))):
        named = [each.arg for each in function.args.args if each.arg != "self"][:1]
        calls = (node for node in ast.walk(function) if isinstance(node, ast.Call) and _called(node.func) in _TELLERS)
        for call in calls:
            if [each.id for each in call.args[:1] if isinstance(each, ast.Name)] == named != []:
                found.setdefault(function.name, set()).update(_details(call))
    return found


def _details(call: ast.Call) -> set[str]:
    return {each.arg for each in call.keywords if each.arg}


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def _texts(argument: ast.expr) -> Iterator[str]:
    """The texts that an argument may be: itself, or either side of a condition."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.IfExp):
        yield from _texts(argument.body)
        yield from _texts(argument.orelse)


def _record() -> Iterator[str]:
    document = json.loads(schema())
    yield f"# The record\n\n{_paragraphs(document.get('description', ''))}\n\n"
    yield f"The schema itself lies in every archive: `{document['$id']}`.\n\n"
    yield "| field | type | meaning |\n|---|---|---|\n"
    yield from _properties(document, document, "")


def _properties(document: dict[str, Any], node: dict[str, Any], prefix: str) -> Iterator[str]:
    for name, stated in node.get("properties", {}).items():
        described = _dereferenced(document, stated)
        kind = _json_type(document, described) + ("" if name in node.get("required", ()) else ", may be missing")
        yield f"| `{prefix}{name}` | {kind} | {_escaped(described.get('description', ''))} |\n"
        for inner, mark in ((described, "."), (_dereferenced(document, described.get("items", {})), "[].")):
            for variant in (inner, *(_dereferenced(document, each) for each in inner.get("anyOf", inner.get("oneOf", ())))):
                yield from _properties(document, variant, f"{prefix}{name}{mark}")


def _dereferenced(document: dict[str, Any], node: Any) -> dict[str, Any]:
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target | {key: value for key, value in node.items() if key != "$ref"}
    return node if isinstance(node, dict) else {}


def _json_type(document: dict[str, Any], node: dict[str, Any]) -> str:
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    for each in node.get("anyOf", node.get("oneOf", ())):
        kinds.append(_json_type(document, _dereferenced(document, each)))
    if "enum" in node:
        kinds = ["one of " + ", ".join(f"`{value}`" for value in node["enum"])]
    if "const" in node:
        kinds = [f"`{node['const']}`"]
    return " or ".join(dict.fromkeys(kinds)) or "any"


def metrics() -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """(name as Prometheus stores it, type, labels, help) of what a watch exports."""
    registry = Metrics().registry
    for collector in dict.fromkeys(registry._names_to_collectors.values()):  # noqa: SLF001 - it tells labels nowhere else
        for family in collector.collect():
            if family.name.startswith("warraq_"):
                name = f"{family.name}_total" if family.type == "counter" else family.name
                yield name, family.type, tuple(getattr(collector, "_labelnames", ())), family.documentation


def _metrics() -> Iterator[str]:
    yield "# Metrics\n\nOf `warraq watch` at `/metrics`. What is made of them: [alerts](alerts.md).\n\n"
    yield "| metric | type | labels | meaning |\n|---|---|---|---|\n"
    for name, kind, labels, meaning in sorted(metrics()):
        yield f"| `{name}` | {kind} | {', '.join(f'`{label}`' for label in labels)} | {_escaped(meaning)} |\n"


def _alerts(root: Path) -> Iterator[str]:
    yield "# Alerts\n\nOf Prometheus, in `infra/deploy/prometheus/alerts.yml`. What to do: the chapter of the runbook.\n\n"
    yield "| alert | severity | it says | chapter |\n|---|---|---|---|\n"
    for group in yaml.safe_load((root / "infra/deploy/prometheus/alerts.yml").read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            summary = re.sub(r"\{\{ *\$labels\.(\w+) *\}\}", r"`\1`", rule["annotations"]["summary"])
            summary = re.sub(r"\{\{.*?\}\}", "…", summary)
            chapter = rule["annotations"]["runbook"]
            link = f"[{chapter}](../runbook.md#{chapter.replace(' ', '-')})"
            yield f"| `{rule['alert']}` | {rule['labels']['severity']} | {_escaped(summary)} | {link} |\n"


def _type(annotation: Any) -> str:
    if typing.get_origin(annotation) is typing.Literal:
        return ", ".join(f"`{value}`" for value in typing.get_args(annotation))
    names = {str: "text", int: "integer", float: "number", bool: "true or false"}
    return names.get(annotation, "secret text" if "Secret" in str(annotation) else str(annotation))


def _cell(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) and value < 1e6 else str(value)
    return f"`{text}`"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).replace("<", "&lt;")
