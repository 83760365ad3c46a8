"""What every test may rely on: no setting, proxy, key or cache of the person who runs them, and ^C as a terminal has it."""

from __future__ import annotations

import gc
import os
import signal

import pytest
from hypothesis import settings

FOREIGN = ("WARRAQ_", "AWS_", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")

# A property holds or does not; how long an example takes says how busy the machine is.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# What is imported and collected stays until the end: looking through it for what nobody holds is a fifth of a collection.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Forgets what would lead a test to the network or to somebody's bucket; notes of `warraq verify` are ours."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> None:
    """A shell that runs us in the background lets us ignore SIGINT, and what we start would ignore it too."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
