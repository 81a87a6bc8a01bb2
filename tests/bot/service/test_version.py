"""The version of answers: it covers every file of this project that a worker imports."""

import subprocess
import sys
from pathlib import Path

from bot.service.version import ANSWERING_CODE

ROOT = Path(__file__).parents[3]
IMPORTED = """
import sys
import bot.app, bot.service.worker_pool
print(*(m.__file__ for m in sys.modules.values() if getattr(m, "__file__", None)), sep="\\n")
"""


def test_whatever_a_worker_imports_is_part_of_the_version() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True, cwd=ROOT)
    files = [Path(line) for line in done.stdout.splitlines()]
    own = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if path.is_relative_to(ROOT) and ".venv" not in path.parts[-5:]
    }
    own = {path for path in own if not path.startswith(".")} - {"bot/__init__.py"}

    assert len(own) > 60
    assert {path for path in own if not any(f"{path}/".startswith(f"{code}/") for code in ANSWERING_CODE)} == set()
