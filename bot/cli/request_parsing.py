"""One line of JSON input as a request, or as what is wrong with it."""

import json
import re
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from pydantic import ValidationError

from bot.cli.wording import phrase
from bot.service.contract import AskRequest

LONGEST_LINE = 4 * 2**20  # bytes
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no request; `problem` is a Chinese sentence for whoever sent it."""

    problem: str


def read_line(stream: BinaryIO) -> bytes | BadLine | None:
    """The next line without its end, or the news that it is too long to be read; None at the end of the input."""
    line = stream.readline(LONGEST_LINE + 1)
    if not line:
        return None
    if len(line) <= LONGEST_LINE or line.endswith(b"\n"):
        return line.rstrip(b"\r\n")
    while line and not line.endswith(b"\n"):
        line = stream.readline(LONGEST_LINE)
    return BadLine(phrase("line_too_long", most=LONGEST_LINE // 2**20))


def read_request(line: bytes) -> AskRequest | BadLine:
    """The request that a line holds."""
    if not line.strip():
        return BadLine(phrase("line_empty"))
    try:
        data = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError:
        return BadLine(phrase("line_not_utf8"))
    except json.JSONDecodeError as error:
        return BadLine(phrase("line_not_json", column=error.colno))
    except RecursionError:
        return BadLine(phrase("line_too_deep"))
    except ValueError:
        return BadLine(phrase("line_bad_number"))
    if not isinstance(data, dict):
        return BadLine(phrase("line_not_object"))
    return _validate(data)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _validate(data: dict[str, object]) -> AskRequest | BadLine:
    if "text" not in data:
        return BadLine(phrase("field_missing", field="text"))
    day = data.get("as_of")
    if day is not None and not (isinstance(day, str) and _DAY.fullmatch(day)):
        return BadLine(phrase("field_not_a_day", field="as_of"))
    halved = next((name for name in ("session", "text") if _HALF_CHARACTER.search(str(data.get(name, "")))), None)
    if halved:
        return BadLine(phrase("field_half_character", field=halved))
    try:
        return AskRequest.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return BadLine(_problem(str(first["loc"][0]), first["type"]))


def _problem(field: str, kind: str) -> str:
    if kind == "string_too_long":
        return phrase("field_too_long", field=field)
    if field == "as_of":
        return phrase("field_not_a_day", field=field)
    return phrase("field_not_text", field=field)
