"""The outlets: every module in this folder states its `OUTLET`, so that there is no list to edit; others are provided.

Where others come from is not this room's business (`crawler.outlet_files` reads files); what it is given are values.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache

from extractors.addresses import parse_address
from extractors.outlet import Location, Outlet

Provider = Callable[[], Mapping[str, Outlet]]
_provider: list[Provider] = []


def provide(provider: Provider, *, default: bool = False) -> None:
    """From now on `outlets` has also what this function gives, by slug; it is called when outlets are first asked for.

    default: only where no other provides any.
    """
    if not (default and _provider):
        _provider[:] = [provider]
        outlets.cache_clear()
        _by_host.cache_clear()


def provided() -> dict[str, Outlet]:
    """The outlets that are not built in, to be handed to another process."""
    return dict(_provider[0]()) if _provider else {}


@cache
def outlets() -> dict[str, Outlet]:
    """Every outlet by its slug, in alphabetical order. Raises what the provider of outlets raises."""
    return dict(sorted({**provided(), **built_in()}.items()))


@cache
def built_in() -> dict[str, Outlet]:
    """The outlets of this folder, by slug."""
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
