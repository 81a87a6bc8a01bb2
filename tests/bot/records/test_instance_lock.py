"""The lock: one process a folder, and none after the process is gone."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.records.database import RecordsUnavailable
from bot.records.instance_lock import single_instance

HOLD = "import sys; from pathlib import Path; from bot.records.instance_lock import single_instance\n"
HOLD += "with single_instance(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


def test_the_second_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    with (
        single_instance(tmp_path / "data"),
        pytest.raises(RecordsUnavailable, match="LUCE_DATA"),
        single_instance(tmp_path / "data"),
    ):
        pytest.fail("two hold one folder")


def test_the_folder_is_free_after_its_holder_has_stopped(tmp_path: Path) -> None:
    for _ in range(2):
        with single_instance(tmp_path):
            assert (tmp_path / "serve.lock").exists()


def test_a_holder_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RecordsUnavailable), single_instance(tmp_path):
            pytest.fail("two hold one folder")
        holder.kill()
        holder.wait()

        with single_instance(tmp_path):
            pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RecordsUnavailable, match="LUCE_DATA"), single_instance(tmp_path / "file" / "data"):
        pytest.fail("a file holds no folder")
