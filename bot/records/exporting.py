"""Export of records for spreadsheets and programs; a file is complete or absent."""

import contextlib
import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Literal

from bot.records.journal import Record
from knowledge.errors import PolicyBotError

Format = Literal["csv", "jsonl", "xlsx"]
Cell = str | int | float | Decimal | datetime | None

MOST_ROWS = 1_048_575  # of a sheet, below its header
_LONGEST_CELL = 32_767
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_UNPRINTABLE = {code: "\ufffd" for code in range(32) if chr(code) not in "\t\n\r"}
_WIDTHS = (8, 20, 14, 30, 12, 12, 50, 14, 80, 14, 12, 40, 40, 10, 30, 20, 14, 24, 10)


class NotExported(PolicyBotError):
    """The file of an export could not be written."""


@contextmanager
def written_whole(path: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """A file that takes its place when all is written; nobody else may read it. Whatever is there stays until then.

    Raises:
        NotExported: there is one already and it is not to be replaced, or it cannot be written.
    """
    if path.exists() and not replace:
        raise NotExported(f"{path} exists; choose another name, or replace it by --force")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            beside = Path(file.name)
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                if replace:
                    beside.replace(path)
                else:
                    path.hardlink_to(beside)  # fails where another one came in between
            finally:
                with contextlib.suppress(FileNotFoundError):
                    beside.unlink()
    except OSError as error:
        raise NotExported(f"{path} cannot be written: {error.strerror or error}") from error


def write(records: Iterable[Record], file: IO[bytes], form: Format, header: Sequence[str]) -> None:
    """Write records in one of the forms; the header is for those that are tables.

    Raises:
        NotExported: there are more than a sheet holds.
    """
    match form:
        case "jsonl":
            file.writelines(_line(record) for record in records)
        case "csv":
            _write_csv(records, file, header)
        case "xlsx":
            _write_xlsx(records, file, header)


def cells(record: Record) -> tuple[Cell, ...]:
    """A record as a row of a table."""
    entry, reply = record.entry, record.entry.reply
    amounts = [f"{c.title}: {c.amount}" for c in reply.calculations if c.amount is not None]
    total: tuple[Cell, Cell] = (Decimal(reply.total.amount), reply.total.bound) if reply.total else (None, "")
    return (
        *(record.id, entry.at.replace(tzinfo=None, microsecond=0), entry.channel, entry.session, entry.by),
        *(entry.said.as_of.isoformat(), entry.said.message, reply.outcome, reply.text, *total),
        *("\n".join(amounts), "\n".join(citation.clause for citation in reply.citations)),
        *(record.opinion or "", record.reason),
        *(entry.edition.policy, entry.edition.policy_hash, entry.edition.engine, round(entry.seconds, 6)),
    )


def _line(record: Record) -> bytes:
    """All that is known of a record, as a line of JSON."""
    entry = record.entry
    said = asdict(entry.said) | {"as_of": entry.said.as_of.isoformat()}
    known = {
        **{"id": record.id, "at": entry.at.isoformat(), "channel": entry.channel, "source": entry.source},
        **{"session": entry.session, "by": entry.by, "said": said, "reply": entry.reply.model_dump(mode="json")},
        **{"edition": asdict(entry.edition), "seconds": entry.seconds},
        **{"opinion": record.opinion, "reason": record.reason},
    }
    return f"{json.dumps(known, ensure_ascii=False)}\n".encode()


def _write_csv(records: Iterable[Record], file: IO[bytes], header: Sequence[str]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    rows = csv.writer(text)
    rows.writerow(header)
    rows.writerows([_harmless(cell) for cell in cells(record)] for record in records)
    text.detach()


def _harmless(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before what begins like one."""
    if not isinstance(cell, str):
        return cell
    clean = cell.translate(_UNPRINTABLE)
    return f"'{clean}" if clean.startswith(_BEGINS_FORMULA) else clean


def _write_xlsx(records: Iterable[Record], file: IO[bytes], header: Sequence[str]) -> None:
    from openpyxl import Workbook  # noqa: PLC0415 (no other form needs it)
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    def text(value: str) -> Any:  # noqa: ANN401 (the cells of the library have no common type)
        """A cell that is text whatever it begins with, also when somebody edits it."""
        cell = WriteOnlyCell(sheet, value.translate(_UNPRINTABLE)[:_LONGEST_CELL])
        cell.data_type, cell.quotePrefix = "s", value.startswith(_BEGINS_FORMULA)
        return cell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("records")
    sheet.freeze_panes = "B2"
    for place, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    titles = [text(title) for title in header]
    for title in titles:
        title.font = Font(bold=True)
    sheet.append(titles)
    try:
        for row, record in enumerate(records):
            if row == MOST_ROWS:
                raise NotExported(f"a sheet holds {MOST_ROWS} rows; narrow it by --since and --until, or take csv")
            sheet.append([text(cell) if isinstance(cell, str) else cell for cell in cells(record)])
    except BaseException:
        sheet.close()
        raise
    book.save(file)
