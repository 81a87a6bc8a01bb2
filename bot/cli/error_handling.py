"""Error handling of the command line: one line and an exit code, never a traceback."""

import contextlib
import io
import logging
import os
import sys
import tempfile
from pathlib import Path

import click

from knowledge.errors import PolicyBotError

WRONG, UNEXPECTED, INTERRUPTED, NOBODY_READS = 2, 70, 130, 141
_LOG_NAME = "luce.log"
_log = logging.getLogger("luce")


class ErrorBoundary(click.Group):
    """A group of commands whose errors end in one line on standard error."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command: 2 for an error that says what is wrong, 70 for one that nobody foresaw."""
        use_utf8()
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except PolicyBotError as error:
            complain(str(error))
            ctx.exit(WRONG)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _discard_output()
            ctx.exit(NOBODY_READS)
        except Exception as error:  # noqa: BLE001 (the last place that can tell the operator)
            complain(f"unexpected {type(error).__name__}; the details are in {record(error)}")
            ctx.exit(UNEXPECTED)


def complain(message: str) -> None:
    """Put one line on standard error."""
    click.echo(f"luce: {' '.join(message.split())}", err=True)


def use_utf8() -> None:
    """Make the output UTF-8, whatever the locale says; what cannot be written becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def keep_log(folder: Path) -> Path:
    """Send warnings of all modules to a file in the folder (or among temporary files), and return its path."""
    path = writable(folder, _LOG_NAME) or Path(tempfile.gettempdir()) / f"luce-{os.getuid()}.log"
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, logging.FileHandler)]:
        root.removeHandler(handler)
        handler.close()
    handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    root.addHandler(handler)
    logging.raiseExceptions = False  # a full disk must not print a traceback into the answer
    return path


def record(error: BaseException) -> Path:
    """Write an error with its traceback to the log, and return the path of the log."""
    open_logs = [h for h in logging.getLogger().handlers if isinstance(h, logging.FileHandler)]
    path = Path(open_logs[0].baseFilename) if open_logs else keep_log(Path(tempfile.gettempdir()))
    _log.error("unexpected error", exc_info=error)
    return path


def writable(folder: Path, name: str) -> Path | None:
    """The path of a file that can be written in the folder, which is made if need be; None where that fails."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        if os.access(path if path.exists() else folder, os.W_OK):
            return path
    return None


def _discard_output() -> None:
    """Point standard output at nothing, or Python complains once more when it flushes at the end."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
