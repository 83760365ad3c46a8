"""A real browser for tests: Debian's Chromium without a screen, driven over the Chrome DevTools Protocol.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from infra.testing.waiting import LONG, end

NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-port=0",
)
_LOOK_SECONDS = 0.1


def npm_package(name: str, folder: Path) -> Path:
    """The files of a package (`name@version`), unpacked in the folder unless they are there. CalledProcessError: npm has none."""
    package = folder / "package"
    if not package.exists():
        subprocess.run(["npm", "pack", "--silent", name], cwd=folder, check=True, timeout=5 * LONG)  # noqa: S603, S607 - npm as PATH has it
        subprocess.run(["tar", "xzf", next(folder.glob("*.tgz")).name], cwd=folder, check=True)  # noqa: S603, S607 - as above
    return package


def find_browser() -> str | None:
    """The path of a Chromium, None where there is none (Debian: `apt-get install chromium`)."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One page of a browser. errors: what its console and its scripts complained of."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.errors: list[str] = []
        self._reading = asyncio.ensure_future(self._read())

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the protocol; its result. RuntimeError: the browser refused it."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        message = await asyncio.wait_for(answer, LONG)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        result: dict[str, Any] = message.get("result", {})
        return result

    async def open(self, url: str, width: int = 1280, height: int = 900, *, scale: float = 1) -> None:
        """Show an address in a window of this size, CSS pixels."""
        for domain in ("Page", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600}
        await self.call("Emulation.setDeviceMetricsOverride", **metrics)
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def evaluate(self, script: str) -> Any:
        """The JSON value of an expression (a promise is awaited). RuntimeError: it threw."""
        result = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script[:200]}: {result['exceptionDetails']}")
        return result["result"].get("value")

    async def until(self, script: str) -> Any:
        """The value of an expression once it is truthy. TimeoutError."""
        deadline = asyncio.get_running_loop().time() + LONG
        while not (value := await self.evaluate(script)):
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"never true: {script[:200]}")
            await asyncio.sleep(_LOOK_SECONDS)  # the page calls nobody when it has changed
        return value

    async def screenshot(self, file: Path, *, whole: bool = False) -> None:
        """A PNG of what is shown, or of the whole page."""
        result = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(result["data"]))

    async def _read(self) -> None:
        async for message in self._socket:
            data = json.loads(message.data)
            if data.get("id") in self._answers:
                self._answers.pop(data["id"]).set_result(data)
            elif data.get("method") == "Runtime.exceptionThrown":
                self.errors.append(str(data["params"]["exceptionDetails"].get("exception", {}).get("description", "exception")))
            elif data.get("method") == "Log.entryAdded" and data["params"]["entry"]["level"] == "error":
                self.errors.append(f"{data['params']['entry']['text']} {data['params']['entry'].get('url', '')}")

    async def close(self) -> None:
        """Close the page."""
        await self._socket.close()
        await self._reading


@asynccontextmanager
async def browser(*flags: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser with a profile of its own; `tab` opens pages in it. RuntimeError: there is none on this machine."""
    path = find_browser()
    if path is None:
        raise RuntimeError("no Chromium on PATH (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [path, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        try:
            port = await _port(Path(profile) / "DevToolsActivePort", process)
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
                yield session
        finally:
            end(process, "Chromium")


@asynccontextmanager
async def tab(session: aiohttp.ClientSession) -> AsyncIterator[Tab]:
    """A page of a browser."""
    async with session.put("/json/new?about:blank") as answer:
        target = await answer.json(content_type=None)
    async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
        page = Tab(socket)
        try:
            yield page
        finally:
            await page.close()
            async with session.get(f"/json/close/{target['id']}"):
                pass


async def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    deadline = asyncio.get_running_loop().time() + LONG
    while not (file.exists() and "\n" in file.read_text()):
        if process.poll() is not None or asyncio.get_running_loop().time() > deadline:
            raise RuntimeError("Chromium did not start")
        await asyncio.sleep(_LOOK_SECONDS)
    return int(file.read_text().split("\n")[0])
