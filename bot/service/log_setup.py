"""Logging of a serving process: to standard error, without names or words of people."""

import logging
import sys
from typing import ClassVar

_LOUD = ("httpx", "httpcore", "chromadb", "mcp", "uvicorn", "websockets")


def log_to_stderr() -> None:
    """Send the log of this process to standard error, and nowhere else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for loud in _LOUD:
        logging.getLogger(loud).setLevel(logging.WARNING)  # addresses that are called hold tokens


class _Line(logging.Formatter):
    """A line with what the desk tells about a message beside its words."""

    _BESIDE: ClassVar = ("channel", "session", "number", "stage", "reason")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The record as one line; a traceback would follow it."""
        beside = [f"{name}={getattr(record, name)}" for name in self._BESIDE if hasattr(record, name)]
        return " ".join((super().formatMessage(record), *beside))
