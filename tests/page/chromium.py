"""A real Chromium: the one that is here, else Debian's, installed."""

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
INSTALL_S_MAX = 300


def path() -> str:
    """Raises `LookupError` with what to do."""
    found = _found() or _installed()
    if found is None:
        raise LookupError("no Chromium here; install one: apt-get install chromium")
    return found


@contextmanager
def running(*flags: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path(), args=[*FLAGS, *flags])
        try:
            yield browser
        except KeyboardInterrupt:
            logging.getLogger(
                "asyncio"
            ).disabled = True  # Playwright's other half was interrupted too: that line is cut
            raise
        finally:
            browser.close()


def _found() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _installed() -> str | None:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return None
    for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run([apt, "-q", *words], check=False, timeout=INSTALL_S_MAX, capture_output=True)
    return _found()
