"""Opens the index of the bundled policy in a process of its own, and dies of SIGKILL at the moment it is told to.

Usage: index_worker.py FOLDER MOMENT. Prints as JSON how many batches it built, whether it finds, and calls out.
"""

import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from knowledge.library import BUNDLED
from knowledge.parser import parse_policy
from retrieval import dense
from retrieval.embedding import BundledEmbedder

calls: list[object] = []


def die(*_: object, **__: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def no_network(*arguments: object, **__: object) -> NoReturn:
    calls.append(str(arguments))
    raise OSError("no network in this test")


def then_die(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any, **options: Any) -> None:
        function(*arguments, **options)
        die()

    return run


def main() -> None:
    folder, moment = Path(sys.argv[1]), sys.argv[2]
    socket.socket.connect = no_network  # type: ignore[method-assign]
    socket.getaddrinfo = no_network
    dense._BATCH = 8
    batches: list[int] = []

    def progress(done: int, total: int) -> None:
        batches.append(done)
        if moment == "half-way" and done > total // 2:
            die()

    if moment == "before-rename":
        Path.rename = die  # type: ignore[method-assign]
    elif moment == "after-rename":
        Path.rename = then_die(Path.rename)  # type: ignore[method-assign]
    elif moment == "before-sweep":
        dense._sweep = die
    elif moment == "in-sweep":
        dense._discard = then_die(lambda path: (path / "manifest.json").unlink())
    elif moment == "in-delete":
        shutil.rmtree = die  # type: ignore[assignment]
    name = "xiamen-sti-measures"
    clauses = parse_policy(name, BUNDLED / name / "text.txt").sentences
    index = dense.DenseIndex.open(folder, clauses, BundledEmbedder(threads=1), progress=progress)
    best = [clauses[int(index.similarities(clause.text).argmax())].id == clause.id for clause in clauses[::6]]
    print(json.dumps({"batches": len(batches), "right": all(best), "network": calls}))  # noqa: T201


if __name__ == "__main__":
    main()
