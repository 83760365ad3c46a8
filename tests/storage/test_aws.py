"""Clients of AWS's services."""

from __future__ import annotations

import pytest
from botocore.loaders import JSONFileLoader

from storage import aws as clients


def test_a_second_client_reads_nothing_that_the_first_has_read(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clients.client("sns")
    read: list[str] = []
    load = JSONFileLoader.load_file

    def noted(self: JSONFileLoader, path: str) -> object:
        if (found := load(self, path)) is not None:
            read.append(path)
        return found

    monkeypatch.setattr(JSONFileLoader, "load_file", noted)
    clients.client("sns")
    assert not read
