"""JSON lines: one request a line in, one reply a line out, in order."""

import json
import logging
from collections.abc import Callable
from typing import BinaryIO

from bot.cli.error_handling import complain, record
from bot.cli.request_parsing import BadLine, read_line, read_request
from bot.cli.wording import phrase
from bot.service.contract import AskReply, AskRequest
from knowledge.errors import PolicyBotError

_log = logging.getLogger(__name__)


def serve(source: BinaryIO, sink: BinaryIO, answer: Callable[[AskRequest], AskReply]) -> None:
    """Answer every line until the source ends; one that cannot be answered gets an error, and the next its turn."""
    while (line := read_line(source)) is not None:
        request = line if isinstance(line, BadLine) else read_request(line)
        sink.write(_reply(request, answer).encode("utf-8", "replace") + b"\n")
        sink.flush()


def _reply(request: AskRequest | BadLine, answer: Callable[[AskRequest], AskReply]) -> str:
    if isinstance(request, BadLine):
        return _error(request.problem)
    try:
        return answer(request).model_dump_json()
    except PolicyBotError as error:
        _log.warning("no reply: %s", error)
        complain(str(error))
    except Exception as error:  # noqa: BLE001 (one turn failed; the other sessions go on)
        complain(f"unexpected {type(error).__name__}; the details are in {record(error)}")
    return _error(phrase("turn_failed"))


def _error(problem: str) -> str:
    return json.dumps({"error": problem}, ensure_ascii=False)
