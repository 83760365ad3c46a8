"""What every test may rely on: no setting, proxy, key or cache of the person who runs them."""

from __future__ import annotations

import os

import pytest

FOREIGN = ("WARRAQ_", "AWS_", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True, scope="session")
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Forgets what would lead a test to the network or to somebody's bucket; notes of `warraq verify` are ours."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
