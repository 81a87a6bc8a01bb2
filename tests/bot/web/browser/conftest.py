"""A browser before a desk that is served; whatever a test does, no page may complain or ask another host."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.app import App
from bot.web.access import Role
from tests.bot.web.browser.chromium import open_chromium
from tests.bot.web.rig import Web, journal_in, serving_web, web_desk, whole_of

ROOT = Path(__file__).parents[4]
OUTPUT = ROOT / "tests" / "output"
AXE = ROOT / ".venv-test" / "peers" / "node_modules" / "axe-core" / "axe.min.js"
WIDE = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
_PATIENCE = 30_000  # milliseconds, for a machine that has much else to do
expect.set_options(timeout=_PATIENCE)
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Served:
    """A desk behind an address, and the token of its staff."""

    web: Web
    address: str

    @property
    def token(self) -> str:
        return self.web.secrets[Role.STAFF]


@dataclass
class Staff:
    """Somebody at the desk: a page after signing in, and what it asked and complained of."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def open(self, path: str) -> None:
        """Go to a page, and wait until it has put the focus where it wants it: that comes after loading."""
        self.page.goto(self.address + path)
        if self.page.locator("[autofocus]").count():
            self.page.locator("[autofocus]:focus").wait_for()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def say(self, words: str) -> None:
        """Type words into whatever has the focus."""
        self.page.keyboard.type(words)

    def ask(self, words: str) -> None:
        """Ask from the search box, and wait for the answer."""
        self.page.locator("#q").focus()
        self.say(words)
        self.answered(lambda: self.press("Enter"))

    def answered(self, act: Callable[[], None]) -> None:
        """Do something that brings an answer, and wait for it."""
        before = self.page.locator(".answer").count()
        act()
        self.page.locator(".answer").nth(before).wait_for()

    @property
    def focus(self) -> str:
        return str(self.page.evaluate("document.activeElement.id || document.activeElement.className"))

    def clipboard(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def picture(self, name: str) -> None:
        OUTPUT.mkdir(exist_ok=True)
        self.page.screenshot(path=OUTPUT / f"{name}.png")

    def barriers(self) -> list[str]:
        """What axe finds on the page that keeps somebody out."""
        assert AXE.is_file(), "axe-core is missing: make .venv-test/peers/node_modules"
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate("rules => axe.run({ runOnly: rules })", _RULES)
        return [
            f"{v['id']}: {node['target']} {node['failureSummary']}" for v in found["violations"] for node in v["nodes"]
        ]


@pytest.fixture(scope="module")
def served(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("web")
    with journal_in(folder) as journal:
        web = whole_of(web_desk(app, folder, journal=journal))
        with serving_web(web.application) as address:
            yield Served(web, address)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: while it is open, no other loop can run in this thread."""
    with open_chromium() as chromium:
        yield chromium


@contextmanager
def sitting(browser: Browser, served: Served, address: str = "", **options: Any) -> Iterator[Staff]:
    """Somebody who has just sat down before a new browser, not yet signed in."""
    context = browser.new_context(**{"viewport": WIDE, "locale": "zh-CN", "reduced_motion": "reduce", **options})
    context.set_default_timeout(_PATIENCE)
    staff = Staff(context.new_page(), address or served.address)
    page = staff.page
    page.on("request", lambda request: staff.requests.append(request.url))
    page.on("pageerror", lambda error: staff.complaints.append(str(error)))
    page.on("console", lambda line: staff.complaints.append(line.text) if line.type in ("error", "warning") else None)
    try:
        yield staff
        hosts = {urlsplit(url).netloc for url in staff.requests}
        assert hosts <= {urlsplit(staff.address).netloc}
        assert [c for c in staff.complaints if not any(part in c for part in staff.expected)] == []
    finally:
        context.close()


def sign_in(staff: Staff, served: Served) -> None:
    """Sign in as staff do."""
    staff.open("/desk")
    staff.say(served.token)
    staff.press("Enter")
    staff.page.locator("#q:focus").wait_for()


@pytest.fixture
def staff(browser: Browser, served: Served) -> Iterator[Staff]:
    """Somebody who has signed in, at the monitor of the hotline."""
    with sitting(browser, served, permissions=["clipboard-read", "clipboard-write"]) as somebody:
        sign_in(somebody, served)
        yield somebody
