import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from retrieval.dense import DenseIndex

ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("index_worker.py")


def start(folder: Path, moment: str = "never") -> subprocess.Popen[str]:
    command = [sys.executable, str(WORKER), str(folder), moment]
    return subprocess.Popen(
        command, cwd=folder.parent, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    report: dict[str, Any] = json.loads(output)
    return report


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", ["half-way", "before-rename", "after-rename", "before-sweep", "in-sweep", "in-delete"]
)
def test_a_builder_killed_at_any_moment_leaves_a_folder_that_works(
    tmp_path: Path, clauses: Any, embedder: Any, moment: str
) -> None:
    folder = tmp_path / "index"
    DenseIndex.open(folder, clauses, embedder).close()  # an index of another model, which the builder sweeps away
    killed = start(folder, moment)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    report = finish(start(folder))
    assert report["right"]
    built_before_the_kill = moment not in {"half-way", "before-rename"}
    assert (report["batches"] == 0) == built_before_the_kill


@pytest.mark.slow
def test_builders_and_readers_at_once_all_find_the_right_clauses_without_a_network(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    builders = [start(folder) for _ in range(2)]
    reports = [finish(process) for process in builders]
    assert any(report["batches"] for report in reports)
    readers = [start(folder) for _ in range(4)]
    reading = [finish(process) for process in readers]
    assert all(report["batches"] == 0 for report in reading)
    for report in reports + reading:
        assert report["right"]
        assert report["network"] == []
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
