"""Names of a package that load their module when they are first asked for (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any


def late_names(package: str, names_of: Mapping[str, Iterable[str]]) -> Callable[[str], Any]:
    """The `__getattr__` of a package. names_of: the names that each module, by its full name, has for it."""
    homes = {name: module for module, names in names_of.items() for name in names}

    def found(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)  # found without this function from now on
        return value

    return found
