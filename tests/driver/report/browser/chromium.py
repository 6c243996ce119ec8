"""A headless Chromium, asked through two pipes by its own protocol: no library and no port is needed for it."""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import time
from pathlib import Path
from typing import Any, Self

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-extensions", "--disable-background-networking", "--hide-scrollbars",
         "--remote-debugging-pipe")  # fmt: skip
PATIENCE = 120.0  # seconds for an answer, on a machine that does much else
FREE = 10  # file descriptors from here on are nobody's
CLOSING = 10.0  # seconds to end by itself
Facts = dict[str, Any]


def installed() -> str:
    """Return the path of a Chromium, or skip the test."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no browser is installed: none of {', '.join(NAMES)} is a program here")
    return found


class Chromium:
    """A browser of its own profile, ended with its children on leaving."""

    def __init__(self, folder: Path) -> None:
        """Start it; its profile and what it says on stderr are kept in ``folder``."""
        reads, self._asks = _pipe()
        self._answers, writes = _pipe()
        words = [installed(), *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        said = os.open(folder / "chromium.log", os.O_WRONLY | os.O_CREAT, 0o600)
        given = [(os.POSIX_SPAWN_DUP2, held, at) for held, at in ((said, 1), (said, 2), (reads, 3), (writes, 4))]
        self._process = os.posix_spawn(words[0], words, os.environ, file_actions=given, setpgroup=0)
        for held in (reads, writes, said):
            os.close(held)
        self._number, self._heard, self.events = 0, b"", list[Facts]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.ask("Browser.close")
            until = time.monotonic() + CLOSING
            while not os.waitpid(self._process, os.WNOHANG)[0]:
                if time.monotonic() > until:
                    raise TimeoutError
                time.sleep(0.02)
        except (OSError, TimeoutError, EOFError):
            os.killpg(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
        os.close(self._asks)
        os.close(self._answers)

    def ask(self, method: str, session: str = "", **parameters: Any) -> Facts:
        """Call a method of the protocol and return its answer; what happened meanwhile is kept in ``events``."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        whole = json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        while whole:
            whole = whole[os.write(self._asks, whole) :]
        while (told := self.hear()).get("id") != self._number:
            self.events.append(told)
        assert "error" not in told, (method, told["error"])
        answer: Facts = told["result"]
        return answer

    def hear(self) -> Facts:
        """Return the next message."""
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._heard:
            if not select.select([self._answers], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError(f"Chromium says nothing for {PATIENCE:g} s")
            read = os.read(self._answers, 1 << 20)
            if not read:
                raise EOFError("Chromium has ended")
            self._heard += read
        message, _, self._heard = self._heard.partition(b"\0")
        heard: Facts = json.loads(message)
        return heard


class Tab:
    """A page opened in a browser, at a width, with what it asked for and complained of."""

    def __init__(self, browser: Chromium, page: Path, width: int = 1280, height: int = 900) -> None:
        """Open a page and wait until it is loaded."""
        self.browser, self.address = browser, page.as_uri()
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.target = target
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")
        self.resize(width, height)
        self.ask("Page.navigate", url=self.address)
        while not self.told("Page.loadEventFired"):
            browser.events.append(browser.hear())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.ask("Target.closeTarget", targetId=self.target)

    def ask(self, method: str, **parameters: Any) -> Facts:
        """Call a method of this page."""
        return self.browser.ask(method, self.session, **parameters)

    def told(self, *methods: str) -> list[Facts]:
        """Return what events of these kinds said of this page."""
        events = [event for event in self.browser.events if event.get("sessionId") == self.session]
        return [event["params"] for event in events if event["method"] in methods]

    def resize(self, width: int, height: int = 900) -> None:
        """Give the window another size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.ask("Emulation.setDeviceMetricsOverride", **size)

    def as_printed(self, printed: bool) -> None:
        """Show the page as a printer would, or again as it is."""
        self.ask("Emulation.setEmulatedMedia", media="print" if printed else "")

    def run(self, script: str) -> Any:
        """Return the value of a script's expression, awaited where it is a promise."""
        done = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def pdf(self) -> bytes:
        """Return the page printed on paper of the size it asks for, else A4."""
        paper = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}
        return base64.b64decode(self.ask("Page.printToPDF", **paper)["data"])

    def picture(self, top: float, height: float) -> bytes:
        """Return a PNG of part of the page, across its width."""
        width = self.run("innerWidth")
        clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
        return base64.b64decode(self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])

    def complaints(self) -> list[str]:
        """Return errors and warnings of the console, and every request but that for the page itself."""
        said = [str(one["args"]) for one in self.told("Runtime.consoleAPICalled")]
        said += [str(one["exceptionDetails"]) for one in self.told("Runtime.exceptionThrown")]
        said += [one["entry"]["text"] for one in self.told("Log.entryAdded")]
        asked = [one["request"]["url"] for one in self.told("Network.requestWillBeSent")]
        return said + [f"asks for {address}" for address in asked if address != self.address]


def _pipe() -> tuple[int, int]:
    """Return the ends of a pipe, none of them 3 or 4: Chromium reads from 3 and writes to 4."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, FREE) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
