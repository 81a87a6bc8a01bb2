"""The vector index of all clauses: the only module that knows Chroma."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import PolicyBotError
from knowledge.policy import Clause
from retrieval.embedding import Embedder
from retrieval.errors import IndexUnavailable

FORMAT = 1
_COLLECTION = "clauses"
_MANIFEST = "manifest.json"
_KEY = re.compile("[0-9a-f]{16}")
_WORKSHOP = ".building-"
_LEFTOVER_SECONDS = 3600
_INSTALL_ATTEMPTS = 3
# Small enough for progress to move; Chroma itself takes at most 5,461.
_BATCH = 64
_SERVER_SECONDS = 30.0
# Cosine distance of a stored vector to itself, as float32 arithmetic leaves it.
_PROBE_DISTANCE = 1e-3

Progress = Callable[[int, int], None]
_Opened = tuple[Any, Any, int]


class DenseIndex:
    """Cosine of a question to every clause.

    The texts are ours and the index can always be made again from them. On disk it is `folder/<hash>`, where the hash
    covers texts, ids, model and format: a changed policy or model simply is another index, and nothing ever writes
    vectors to one that is in use.
    """

    def __init__(self, client: Any, collection: Any, ids: Sequence[str], embedder: Embedder) -> None:  # noqa: ANN401
        """Use `open` or `connect`."""
        self._client = client
        self._collection = collection
        self._release: Callable[[], object] = lambda: None
        self._places = {clause_id: place for place, clause_id in enumerate(ids)}
        self._embedder = embedder

    @classmethod
    def open(
        cls, folder: Path, clauses: Sequence[Clause], embedder: Embedder, *, progress: Progress | None = None
    ) -> Self:
        """The index of these clauses below `folder`, built first if it is missing, stale or broken.

        `progress` hears (clauses done, clauses in all) while it is built. Any number of processes may do this at once,
        and may be killed at any moment.

        Raises:
            IndexUnavailable: the folder cannot be written, or Chroma fails on an index that it has just built.
            EmbeddingUnavailable: the model cannot be loaded.
        """
        manifest = _manifest(clauses, embedder)
        home = folder / _key(manifest)
        ids = [clause.id for clause in clauses]
        found = _open_sound(home, manifest, ids)
        if found is None:
            with _failing_as(f"cannot build the index in {folder}", "make it a writable folder or set another one"):
                folder.mkdir(parents=True, exist_ok=True)
                found = _build(home, manifest, clauses, embedder, progress)
                _sweep(folder, home)
        if found is None:
            raise IndexUnavailable(f"{home}: what was just built cannot be read; delete {folder} and start again")
        client, collection, lease = found
        index = cls(client, collection, ids, embedder)
        index._release = weakref.finalize(index, os.close, lease)
        return index

    @classmethod
    def connect(
        cls, url: str, clauses: Sequence[Clause], embedder: Embedder, *, progress: Progress | None = None
    ) -> Self:
        """The index of these clauses on a Chroma server (`http://host:port`), filled first if it is missing or partial.

        Filling only upserts under ids of our own, so two processes may do it at once. Collections of earlier policies
        stay on the server: others may still read them.

        Raises:
            IndexUnavailable: the server does not answer, or fails.
            EmbeddingUnavailable: the model cannot be loaded.
        """
        name = f"luce-{_key(_manifest(clauses, embedder))}"
        ids = [clause.id for clause in clauses]
        with _failing_as(f"the Chroma server at {url} does not serve", "start it (chroma run) or leave its URL unset"):
            client = _connect_client(url)
            collection = client.get_or_create_collection(name, configuration=_space(len(ids)), embedding_function=None)
            if not _is_sound(collection, ids):
                _fill(collection, clauses, embedder, progress)
        index = cls(client, collection, ids, embedder)
        # Closing Chroma's client leaves its connections open.
        index._release = client._server._session.close
        return index

    def similarities(self, query: str) -> NDArray[np.float32]:
        """The cosine of a question to every clause, (n,) float32 in the order of the clauses.

        Raises:
            IndexUnavailable: Chroma fails; opening the index again repairs it.
            EmbeddingUnavailable: the model does not answer.
        """
        vector = self._embedder.embed_query(query)
        cosines = np.zeros(len(self._places), dtype=np.float32)
        if not self._places:
            return cosines
        with _failing_as("the vector index does not answer", "open it again, which repairs it"):
            found = self._collection.query(
                query_embeddings=[vector], n_results=len(self._places), include=["distances"]
            )
            for clause_id, distance in zip(found["ids"][0], found["distances"][0], strict=True):
                cosines[self._places[clause_id]] = 1.0 - distance
            # The graph search is approximate and may pass some by; what it misses is compared exactly.
            missed = sorted(self._places.keys() - set(found["ids"][0]))
            if missed:
                stored = self._collection.get(ids=missed, include=["embeddings"])
                for clause_id, embedding in zip(stored["ids"], stored["embeddings"], strict=True):
                    cosines[self._places[clause_id]] = np.dot(np.asarray(embedding, dtype=np.float32), vector)
        return cosines

    def vectors(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of questions, as they are searched with: (n, dim) float32, unit norm.

        Raises:
            EmbeddingUnavailable: the model does not answer.
        """
        embedded = np.empty((len(queries), self._embedder.dim), dtype=np.float32)
        for row, query in zip(embedded, queries, strict=True):
            row[:] = self._embedder.embed_query(query)
        return embedded

    def close(self) -> None:
        """Release the files; the index must not be used afterwards."""
        self._client.close()
        self._release()


@contextlib.contextmanager
def _failing_as(problem: str, remedy: str) -> Iterator[None]:
    """Whatever goes wrong inside (Chroma raises errors of a dozen kinds) comes out as IndexUnavailable."""
    try:
        yield
    except PolicyBotError:
        raise
    except Exception as error:
        raise IndexUnavailable(f"{problem}: {error}; {remedy}") from error


def _manifest(clauses: Sequence[Clause], embedder: Embedder) -> dict[str, Any]:
    """What an index is made of: two equal manifests give the same vectors."""
    text = json.dumps([clause.text for clause in clauses], ensure_ascii=False)
    return {
        "format": FORMAT,
        "text_sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        "clause_ids": [clause.id for clause in clauses],
        "model": embedder.name,
        "dim": embedder.dim,
    }


def _key(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]


def _space(count: int) -> dict[str, Any]:
    # We ask for all clauses at once, so the search must look at least that far.
    return {"hnsw": {"space": "cosine", "ef_search": max(100, min(count, 2000))}}


def _local_client(folder: Path) -> Any:  # noqa: ANN401 (Chroma's client type needs its import, which takes a second)
    from chromadb import PersistentClient  # noqa: PLC0415
    from chromadb.config import Settings  # noqa: PLC0415

    # Without _env_file=None a stray .env of another program in the working folder would configure the index.
    return PersistentClient(str(folder), settings=Settings(_env_file=None, anonymized_telemetry=False))


def _connect_client(url: str) -> Any:  # noqa: ANN401
    from chromadb import HttpClient  # noqa: PLC0415
    from chromadb.config import Settings  # noqa: PLC0415

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise IndexUnavailable(f"{url!r} is no address of a Chroma server; write http://host:port")
    secure = parts.scheme == "https"
    settings = Settings(_env_file=None, anonymized_telemetry=False)
    client: Any = HttpClient(parts.hostname, parts.port or (443 if secure else 8000), ssl=secure, settings=settings)
    # Chroma itself waits without end, and a request with it.
    client._server._session.timeout = _SERVER_SECONDS
    # It has looked up its tenant through a second connection by now, which nothing uses or closes any more.
    client._admin_client._server._session.close()
    return client


def _open_sound(home: Path, manifest: dict[str, Any], ids: Sequence[str]) -> _Opened | None:
    """Client, collection and lease of an index that passes its probe; None if there is none."""
    lease = _take_lease(home, exclusive=False)
    if lease is None:
        return None
    client = None
    try:
        if json.loads((home / _MANIFEST).read_text("utf-8")) == manifest:
            client = _local_client(home)
            collection = client.get_collection(_COLLECTION, embedding_function=None)
            if _is_sound(collection, ids):
                return client, collection, lease
    except BaseException as error:
        # A panic of Chroma's Rust core is no Exception, and what is broken is rebuilt whatever it calls itself.
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
    os.close(lease)
    if client is not None:
        client.close()
    return None


def _take_lease(home: Path, *, exclusive: bool) -> int | None:
    """A descriptor whose lock lasts as long as it is open: shared by readers, exclusive to who sweeps an index away.

    The kernel frees the lock of a process that is killed. None if the index is missing, or the lock taken.
    """
    try:
        descriptor = os.open(home / _MANIFEST, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), (home / _MANIFEST).stat()):
            return descriptor
    except OSError:  # taken, or gone since it was opened
        pass
    os.close(descriptor)
    return None


def _is_sound(collection: Any, ids: Sequence[str]) -> bool:  # noqa: ANN401
    """Whether a collection holds exactly these ids and finds one of its own vectors."""
    if collection.count() != len(ids) or set(collection.get(include=[])["ids"]) != set(ids):
        return False
    if not ids:
        return True
    vector = collection.get(ids=[ids[-1]], include=["embeddings"])["embeddings"][0]
    found = collection.query(query_embeddings=[vector], n_results=1, include=["distances"])
    return bool(found["ids"][0]) and abs(found["distances"][0][0]) < _PROBE_DISTANCE


def _fill(collection: Any, clauses: Sequence[Clause], embedder: Embedder, progress: Progress | None) -> None:  # noqa: ANN401
    for start in range(0, len(clauses), _BATCH):
        batch = clauses[start : start + _BATCH]
        vectors = embedder.embed_passages([clause.text for clause in batch])
        collection.upsert(ids=[clause.id for clause in batch], embeddings=vectors)
        if progress:
            progress(start + len(batch), len(clauses))


def _build(
    home: Path, manifest: dict[str, Any], clauses: Sequence[Clause], embedder: Embedder, progress: Progress | None
) -> _Opened | None:
    """Build beside `home` and rename, so that `home` is whole whenever it exists.

    Raises:
        OSError: the folder cannot be written.
    """
    ids = [clause.id for clause in clauses]
    workshop = Path(tempfile.mkdtemp(prefix=_WORKSHOP, dir=home.parent))
    try:
        client = _local_client(workshop)
        try:
            collection = client.create_collection(_COLLECTION, configuration=_space(len(ids)), embedding_function=None)
            _fill(collection, clauses, embedder, progress)
        finally:
            client.close()
        (workshop / _MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
        for _ in range(_INSTALL_ATTEMPTS):
            try:
                workshop.rename(home)
            except OSError:
                if not home.exists():
                    raise
            # Either ours is in place now, or somebody else's was there first and serves as well, or it is broken.
            found = _open_sound(home, manifest, ids)
            if found or not workshop.exists():
                return found
            _discard(home)
        return None
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _discard(folder: Path) -> None:
    """Delete a folder in such a way that a kill half-way leaves nothing that looks like an index."""
    grave = Path(tempfile.mkdtemp(prefix=_WORKSHOP, dir=folder.parent))
    with contextlib.suppress(OSError):  # somebody else was faster
        folder.rename(grave / folder.name)
    shutil.rmtree(grave, ignore_errors=True)


def _sweep(folder: Path, home: Path) -> None:
    """Remove earlier indexes that nobody reads, and what killed builders left an hour before `home` was made."""
    for path in folder.iterdir():
        # Other processes may sweep at the same time; what they removed is no error of ours.
        with contextlib.suppress(FileNotFoundError):
            if path.name.startswith(_WORKSHOP) and home.stat().st_mtime - path.stat().st_mtime > _LEFTOVER_SECONDS:
                _discard(path)
            elif _KEY.fullmatch(path.name) and path != home:
                # Chroma opens more files while it is in use: a reader of an index that is deleted fails in the end.
                lease = _take_lease(path, exclusive=True)
                if lease is not None:
                    _discard(path)
                    os.close(lease)
