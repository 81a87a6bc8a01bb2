"""The tables: made once, by one process at a time, wholly or not at all; those of a newer desk are refused."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.records.database import RecordsUnavailable
from bot.records.schema import MIGRATIONS, open_records
from tests.bot.conftest import ROOT

OPEN = "import sys; from pathlib import Path; from bot.records.schema import open_records\n"
OPEN += "open_records(Path(sys.argv[1])).close(); print('yoyo' in sys.modules)"


def ask(folder: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "luce.db", isolation_level=None)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def tables(folder: Path) -> set[object]:
    return {name for (name,) in ask(folder, "SELECT name FROM sqlite_master WHERE type = 'table'")}


def open_elsewhere(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", OPEN, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.mark.parametrize("name", ["plain", "with space", "数据 100%", "a?b#c[d]"])
def test_an_empty_folder_gets_all_tables_once(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    for _ in range(2):
        open_records(folder).close()

    assert {"messages", "feedback", "marks", "records"} <= tables(folder)
    assert ask(folder, "SELECT migration_id FROM _yoyo_migration ORDER BY migration_id") == [
        (path.stem,) for path in sorted(MIGRATIONS.glob("*.sql"))
    ]
    assert ask(folder, "PRAGMA journal_mode") == [("wal",)]
    assert {path.name for path in folder.iterdir()} == {"luce.db", "schema.lock"}


def test_nothing_of_the_machine_or_its_people_is_written_down(tmp_path: Path) -> None:
    open_records(tmp_path).close()

    assert ask(tmp_path, "SELECT * FROM _yoyo_log") == []
    assert ask(tmp_path, "SELECT * FROM yoyo_lock") == []


def test_a_second_start_needs_no_library_for_it(tmp_path: Path) -> None:
    for first, needed in ((True, "True\n"), (False, "False\n")):
        with open_elsewhere(tmp_path) as process:
            out, problems = process.communicate()
        assert (first, out, problems) == (first, needed, "")


def test_many_processes_make_one_set_of_tables(tmp_path: Path) -> None:
    for process in [open_elsewhere(tmp_path) for _ in range(4)]:
        with process:
            _, problems = process.communicate()
        assert (process.returncode, problems) == (0, "")


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A folder whose file lacks the last step."""
    open_records(tmp_path).close()
    ask(tmp_path, "DROP TABLE records")
    ask(tmp_path, "DELETE FROM _yoyo_migration WHERE migration_id = '0002.records'")
    ask(tmp_path, "INSERT INTO marks VALUES ('kf', '7')")
    return tmp_path


def test_an_older_file_is_brought_up_to_date_and_keeps_what_it_holds(older: Path) -> None:
    open_records(older).close()

    assert "records" in tables(older)
    assert ask(older, "SELECT value FROM marks WHERE name = 'kf'") == [("7",)]


def test_whoever_was_killed_while_it_changed_the_tables_stops_nobody(older: Path) -> None:
    ask(older, "INSERT INTO yoyo_lock VALUES (1, '2026-01-01', 1)")

    open_records(older).close()

    assert "records" in tables(older)


def test_a_step_that_fails_leaves_the_file_as_it_was(older: Path) -> None:
    ask(older, "CREATE TABLE records_by_age (n INTEGER)")  # the name of an index of that step

    with pytest.raises(RecordsUnavailable, match="up to date"):
        open_records(older)

    assert "records" not in tables(older)
    ask(older, "DROP TABLE records_by_age")
    open_records(older).close()
    assert "records" in tables(older)


def test_a_file_of_a_newer_desk_is_refused_and_not_touched(tmp_path: Path) -> None:
    open_records(tmp_path).close()
    ask(tmp_path, "INSERT INTO _yoyo_migration VALUES ('h', '0099.later', '2030-01-01')")
    before = (tmp_path / "luce.db").read_bytes()

    with pytest.raises(RecordsUnavailable, match=r"newer luce \(0099\.later\).*LUCE_DATA"):
        open_records(tmp_path)

    assert (tmp_path / "luce.db").read_bytes() == before
