"""Exports: what was kept comes back from each kind of file, and a file is there in whole or not at all."""

import asyncio
import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from bot.records import exporting
from bot.records.database import RecordsUnavailable
from bot.records.exporting import NotExported, cells, write, written_whole
from bot.records.journal import Record
from bot.records.record_reader import open_reader
from bot.service.contract import TotalOut
from tests.bot.conftest import ROOT
from tests.bot.records.entries import CHINA, NOON, Clock, entry, journal_in, reply

pytestmark = pytest.mark.anyio

HEADER = [f"column {number}" for number in range(19)]
ODD = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", "#N/A", 'quoted "," and\nlines', "bell \x07", "字" * 40_000]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a record for each odd message, one a day."""
    asyncio.run(keep_odd(tmp_path))
    return tmp_path


async def keep_odd(folder: Path) -> None:
    with journal_in(folder, Clock()) as journal:
        for number, message in enumerate(ODD):
            kept = entry(message, source=f"{number}", at=NOON + timedelta(days=number))
            last = await journal.keep(replace(kept, reply=reply(message)))
        await journal.judge(last, "bad", "=reason")


@pytest.fixture
def records(folder: Path) -> list[Record]:
    with open_reader(folder, CHINA) as reader:
        return list(reader.between(None, None))


def written(records: list[Record], form: exporting.Format) -> bytes:
    file = io.BytesIO()
    write(records, file, form, HEADER)
    return file.getvalue()


def test_json_lines_hold_all_that_is_known(records: list[Record]) -> None:
    rows = [json.loads(line) for line in written(records, "jsonl").decode().splitlines()]

    assert [row["said"]["message"] for row in rows] == ODD
    assert [row["id"] for row in rows] == [record.id for record in records]
    assert rows[0]["reply"] == records[0].entry.reply.model_dump(mode="json")
    assert rows[0]["at"] == "2026-09-21T12:00:00+08:00"
    assert (rows[0]["said"]["number"], rows[0]["said"]["after"]) == (7, 5)
    assert (rows[0]["edition"], rows[0]["by"]) == ({"policy": "p", "policy_hash": "0a1b", "engine": "0.1.0"}, "desk")
    assert (rows[-1]["opinion"], rows[-1]["reason"]) == ("bad", "=reason")


def test_csv_is_read_by_excel_and_holds_no_formula(records: list[Record]) -> None:
    content = written(records, "csv")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))

    assert content.startswith(b"\xef\xbb\xbf")
    assert rows[0] == HEADER
    assert len(rows) == len(ODD) + 1
    assert [row[6] for row in rows[1:]] == [
        *("'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'＝1+1", "#N/A", 'quoted "," and\nlines', "bell \ufffd"),
        "字" * 40_000,
    ]
    assert rows[1][:6] == ["1", "2026-09-21 12:00:00", "test", "test:s", "desk", "2026-09-21"]
    assert rows[1][9:13] == ["600000", "at_most", "补助: 600000", "p/s5.1"]
    assert rows[-1][13:15] == ["bad", "'=reason"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_a_sheet_holds_text_as_text_numbers_as_numbers_and_a_header_that_stays(records: list[Record]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(written(records, "xlsx")))
    sheet = book.worksheets[0]
    rows = list(sheet.iter_rows())

    assert [cell.value for cell in rows[0]] == HEADER
    assert sheet.freeze_panes == "B2"
    assert sheet.column_dimensions["G"].width == 50
    assert [row[6].value for row in rows[1:-1]] == [*ODD[:-2], "bell \ufffd"]
    assert rows[-1][6].value == ODD[-1][:32_767]
    assert {cell.data_type for row in rows for cell in row} <= {"s", "inlineStr", "n", "d"}  # no formula, no error
    assert [row[6].quotePrefix for row in rows[1:]] == [True] * 6 + [False] * 4
    assert (rows[1][0].value, rows[1][1].value) == (1, NOON.replace(tzinfo=None))
    assert (rows[1][9].value, rows[1][18].value) == (600000, 0.25)


def test_fen_are_a_number_in_a_sheet(records: list[Record]) -> None:
    whole = records[0].entry
    fen = whole.reply.model_copy(update={"total": TotalOut(amount="1.25", bound="exact")})
    record = replace(records[0], entry=replace(whole, reply=fen))

    sheet = openpyxl.load_workbook(io.BytesIO(written([record], "xlsx"))).worksheets[0]

    assert sheet["J2"].value == 1.25


def test_a_row_has_a_cell_for_each_column(records: list[Record]) -> None:
    from bot.cli.wording import phrase

    assert (
        {len(cells(record)) for record in records} == {len(phrase("records_columns").split(",")), len(HEADER)} == {19}
    )


def test_days_begin_at_midnight_in_the_zone(folder: Path) -> None:
    day = NOON.date()
    with open_reader(folder, CHINA) as reader:
        assert [record.id for record in reader.between(day, day + timedelta(days=1))] == [1, 2]
        assert reader.count(day + timedelta(days=1), None) == len(ODD) - 1
        assert [record.id for record in reader.latest(day, 5)] == [1]
        assert [record.id for record in reader.latest(None, 2)] == [len(ODD), len(ODD) - 1]


async def test_a_reader_sees_the_records_as_they_stood(folder: Path) -> None:
    with open_reader(folder, CHINA) as reader, journal_in(folder, Clock()) as journal:
        count = reader.count(None, None)
        await journal.keep(entry(source="later"))

        assert reader.count(None, None) == count == len(list(reader.between(None, None)))


def test_what_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(RecordsUnavailable, match="LUCE_DATA"), open_reader(tmp_path / "none", CHINA):
        pytest.fail("there is nothing to read")
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "luce.db").write_bytes(b"not a database" * 1000)

    with pytest.raises(RecordsUnavailable, match="cannot be read"), open_reader(tmp_path, CHINA):
        pytest.fail("there is nothing to read")


def test_a_file_is_replaced_only_where_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("of somebody")

    with pytest.raises(NotExported, match="--force"), written_whole(path, replace=False):
        pytest.fail("it is there")
    with written_whole(path, replace=True) as file:
        file.write(b"new")
        assert path.read_text() == "of somebody"

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_came_in_between_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"

    with pytest.raises(NotExported), written_whole(path, replace=False):
        path.write_text("of somebody")

    assert path.read_text() == "of somebody"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_half_way_leaves_nothing(tmp_path: Path, records: list[Record]) -> None:
    def failing() -> Iterator[Record]:
        yield records[0]
        raise RecordsUnavailable("gone")

    for form in ("csv", "jsonl", "xlsx"):
        with pytest.raises(RecordsUnavailable), written_whole(tmp_path / form, replace=False) as file:
            write(failing(), file, form, HEADER)
    assert {path.name for path in tmp_path.iterdir()} - {
        "schema.lock",
        "luce.db",
        "luce.db-wal",
        "luce.db-shm",
    } == set()


@pytest.mark.parametrize("place", ["none/out.csv", "luce.db/out.csv"])
def test_a_place_that_cannot_be_written_is_named(folder: Path, place: str) -> None:
    with pytest.raises(NotExported, match=r"out\.csv"), written_whole(folder / place, replace=True):
        pytest.fail("there is no such folder")


HALF_WAY = """
import signal, sys
from pathlib import Path
from bot.records.exporting import write, written_whole
from bot.records.journal import Record
from tests.bot.records.entries import entry

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is born with SIGINT ignored

def many():
    for number in range(500_000):
        if number == 3000:
            print("half", flush=True)
        yield Record(number, entry())

with written_whole(Path(sys.argv[1]), replace=True) as file:
    write(many(), file, "csv", ["header"])
"""


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_a_kill_leaves_the_former_file(tmp_path: Path, kill: signal.Signals) -> None:
    path = tmp_path / "out.csv"
    path.write_text("former")
    command = [sys.executable, "-c", HALF_WAY, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        os.kill(process.pid, kill)
        process.wait(timeout=60)

    assert path.read_text() == "former"
    if kill != signal.SIGKILL:
        assert list(tmp_path.iterdir()) == [path]
