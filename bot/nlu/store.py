"""Models on disk: one folder for each, whole whenever it is there; and turns, so that only one process trains."""

import contextlib
import fcntl
import logging
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.nlu.linear_model import load_model
from bot.nlu.reading import Models

_NAMES = ("message", "topic", "role")
_WORKSHOP, _LOCK = ".training-", "training.lock"
_ATTEMPTS = 3
_log = logging.getLogger(__name__)


def load_models(folder: Path) -> Models | None:
    """The models of a folder; None where it holds none that can be read."""
    paths = [folder / f"{name}.npz" for name in _NAMES]
    if not all(map(zipfile.is_zipfile, paths)):  # not there, or cut short
        return None
    try:
        return Models(*map(load_model, paths))
    except Exception as error:  # noqa: BLE001 (a broken file fails in zip, numpy or text; whatever it is, train anew)
        _log.warning("the models in %s cannot be read (%s)", folder, error)
        return None


def save_models(models: Models, folder: Path) -> None:
    """Write models beside and rename, so that the folder is whole whenever it exists.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=_WORKSHOP, dir=folder.parent))
    try:
        whole = workshop / folder.name
        for name, model in zip(_NAMES, (models.message, models.topic, models.role), strict=True):
            model.save(whole / f"{name}.npz")
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(OSError):  # nothing was there, or somebody else was faster
                folder.rename(workshop / "before")
            try:
                whole.rename(folder)
            except OSError:
                if not folder.exists():
                    raise
                shutil.rmtree(workshop / "before", ignore_errors=True)
            else:
                return
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def remove_others(folder: Path, policy_id: str) -> tuple[Path, ...]:
    """Remove the other models of a policy beside a folder: what is named by the policy and a digest."""
    form = re.compile(rf"{re.escape(policy_id)}-[0-9a-f]{{16}}")
    others = tuple(each for each in folder.parent.iterdir() if form.fullmatch(each.name) and each != folder)
    for each in others:
        shutil.rmtree(each, ignore_errors=True)
    return others


def size_of(folder: Path) -> int:
    """The bytes of the files of a folder."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


@contextlib.contextmanager
def taking_turns(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Be the only process that trains below a folder; `waiting` is told if another has to end first.

    The kernel frees the lock of a process that is killed. Where the folder cannot be written, nobody waits.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("ab")
    except OSError:
        yield
        return
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
