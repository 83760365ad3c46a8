"""The outlets, found by looking into this folder: every module here states its `OUTLET`. There is no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from extractors.addresses import parse_address
from extractors.outlet import Location, Outlet


@cache
def outlets() -> dict[str, Outlet]:
    """Every outlet by its slug, in alphabetical order."""
    found: dict[str, Outlet] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        outlet = importlib.import_module(f"{__name__}.{module.name}").OUTLET
        assert isinstance(outlet, Outlet), f"extractors/outlets/{module.name}.py must state OUTLET = Outlet(...)"
        assert outlet.slug == module.name, f"extractors/outlets/{module.name}.py: its slug is {outlet.slug!r}"
        found[outlet.slug] = outlet
    return found


def outlet_of(url: str) -> Outlet | None:
    """The outlet whose host this address is on."""
    address = parse_address(url)
    return _by_host().get(address.host) if address else None


def locate(url: str) -> Location | None:
    """Type and canonicalise an address of any known outlet; None for strangers."""
    outlet = outlet_of(url)
    return outlet.locate(url) if outlet else None


@cache
def _by_host() -> dict[str, Outlet]:
    return {host: outlet for outlet in outlets().values() for host in outlet.hosts}
