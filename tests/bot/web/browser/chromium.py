"""The browser that does what staff do: Debian's Chromium without a screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FOREIGN = "desk.test"
"""A name of this machine that is not localhost, so that a page over plain HTTP is treated as on an office network."""
_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1"),
)


class NoChromium(Exception):
    """The browser is not on this machine."""


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A browser of its own.

    Raises:
        NoChromium: it must be installed first.
    """
    if not CHROMIUM.exists():
        raise NoChromium(f"{CHROMIUM} is missing: apt-get install chromium fonts-wqy-microhei")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
