"""No circle of imports: neither at run time, nor for types, nor in the body of a function. No two classes of one name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("crawler", "storage", "extractors", "infra")


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules() -> dict[str, Path]:
    return {module_name(file): file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))}


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Each statement, however deep it stands: nine tenths of a tree are expressions, which import nothing."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, name, ())
            waiting += inner if isinstance(inner, list) else ()


def imported(tree: ast.AST, known: set[str]) -> Iterator[str]:
    """The modules of ours that a module names in an import statement, wherever it stands.

    `from package import name` names the submodule where there is one, else the package.
    """
    for node in statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                if submodule in known:
                    yield submodule
                elif node.module in known:
                    yield str(node.module)


@cache
def parsed() -> tuple[dict[str, set[str]], dict[str, list[str]]]:
    """By module: those that it imports, and its classes. No tree is kept: each collection of garbage would see it."""
    imports, classes = {}, {}
    found = modules()
    for name, file in found.items():
        tree = ast.parse(file.read_text("utf-8"))
        imports[name] = set(imported(tree, set(found))) - {name}
        classes[name] = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    return imports, classes


def circles(edges: dict[str, set[str]]) -> set[frozenset[str]]:
    """The strongly connected components of more than one module."""
    left = dict(edges)
    while leaves := [name for name, others in left.items() if not others & left.keys()]:  # they lead to no circle
        for name in leaves:
            del left[name]
    reached = {name: reachable(name, edges) for name in left}
    together = {frozenset({name, *(other for other in reached[name] if name in reached.get(other, ()))}) for name in left}
    return {component for component in together if len(component) > 1}


def reachable(start: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in edges[waiting.pop()] - seen:
            seen.add(name)
            waiting.append(name)
    return seen


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}) == {frozenset("abc")}
    known = {"p", "p.q", "p.r"}
    tree = ast.parse("import typing\nif typing.TYPE_CHECKING:\n    from p import q\ndef f():\n    from p.r import x\n")
    assert set(imported(tree, known)) == {"p.q", "p.r"}


def test_no_two_modules_import_each_other() -> None:
    edges, _ = parsed()
    assert len(edges) > 300
    assert circles(edges) == set()


def test_no_two_classes_have_one_name() -> None:
    """Whoever searches for one finds one. A name with an underscore is its module's own."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, classes in parsed()[1].items():
        for each in classes:
            if not each.startswith("_"):
                places[each].append(name)
    assert {each: found for each, found in places.items() if len(found) > 1} == {}
