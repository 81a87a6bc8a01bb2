"""Sentence vectors of examples: computed by two threads, and kept in a file so that only new texts are embedded."""

import io
import logging
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bot.nlu.linear_model import Vector
from bot.nlu.reading import sentence_vector
from retrieval.embedding import Embedder

Told = Callable[[int, int], None]
_THREADS, _BATCH, _KEPT_AFTER, _MOST_KEPT = 2, 64, 2048, 60_000
_UNSAFE = re.compile(r"[^\w.@-]+")
_log = logging.getLogger(__name__)


def vectors_of(
    texts: Iterable[str], embedder: Embedder, folder: Path | None, *, told: Told | None = None
) -> dict[str, Vector]:
    """The vector of each text. Those that a file of the folder keeps are taken from there; the others are added to it.

    `told` hears (texts done, texts in all) of those that have to be computed. What was computed before an interruption
    is kept, too, but for the last ones if the process is killed. A folder that cannot be written costs no more than the
    time of the next training.
    """
    wanted = tuple(dict.fromkeys(texts))
    path = folder / file_name(embedder.name) if folder else None
    known = _read(path) if path else {}
    missing = [text for text in wanted if text not in known]
    found: dict[str, Vector] = {}
    try:
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="vectors") as threads:
            for start in range(0, len(missing), _BATCH):
                batch = missing[start : start + _BATCH]
                vectors = threads.map(lambda text: sentence_vector(embedder, text), batch)
                found |= zip(batch, vectors, strict=True)
                if told:
                    told(len(found), len(missing))
                if path and len(found) % _KEPT_AFTER == 0:
                    _keep(path, {**known, **found}, wanted)
    finally:
        if path and found:
            _keep(path, {**known, **found}, wanted)
    known |= found
    return {text: known[text] for text in wanted}


def file_name(embedding: str) -> str:
    """The name of the file that keeps the vectors of a model."""
    return f"vectors-{_UNSAFE.sub('-', embedding)}.npz"


def _read(path: Path) -> dict[str, Vector]:
    try:
        with path.open("rb") as file, np.load(file) as stored:
            texts = stored["texts"].tobytes().decode().split("\n")
            vectors = stored["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}
    return dict(zip(texts, vectors, strict=True)) if len(texts) == len(vectors) else {}


def _keep(path: Path, vectors: Mapping[str, Vector], wanted: Iterable[str]) -> None:
    """Write beside and rename; of two writers at once the later one wins, and what the other found is computed anew."""
    wanted = {text for text in wanted if text in vectors}
    kept = vectors if len(vectors) <= _MOST_KEPT else {text: vectors[text] for text in vectors if text in wanted}
    kept = {text: vector for text, vector in kept.items() if "\n" not in text}
    buffer = io.BytesIO()
    texts = np.frombuffer("\n".join(kept).encode(), dtype=np.uint8)
    np.savez(buffer, texts=texts, vectors=np.array(list(kept.values()), dtype=np.float32))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(prefix=".vectors-", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(buffer.getvalue())
        Path(beside).replace(path)
    except OSError as error:
        _log.warning("the vectors of examples cannot be kept in %s: %s", path, error)
