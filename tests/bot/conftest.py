import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app import App, build_app
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
Luce = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def anyio_backend() -> str:
    """The loop that coroutines of tests run in."""
    return "asyncio"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache folder for the whole run: the index is built once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def luce_environ(cache: Path) -> dict[str, str]:
    """The environment of a fresh machine, without the variables of the developer's own."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(cache), "LUCE_CACHE": str(cache), "LANG": "C"}


@pytest.fixture(scope="session")
def luce(luce_environ: dict[str, str]) -> Luce:
    """Runs `luce` as a process of its own."""

    def run(
        *args: str | bytes, stdin: bytes = b"", environ: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "bot.cli", *args],
            input=stdin,
            capture_output=True,
            cwd=ROOT,
            env=luce_environ | (environ or {}),
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def app(cache: Path) -> App:
    return build_app(Settings(cache=cache))
