"""Speed and size on this machine, as a Markdown table. It measures and never asserts.

python benchmarks/bench.py [--runs N] [--questions FOLDER]
"""

import argparse
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import psutil
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
DAY = date(2026, 1, 1)
FEWEST = 100
SUM = "我们公司今年研发费用1200万，去年900万，能补多少？"
STRUCTURE = "市级科技计划新设了哪些专项？"
SEARCH = "怎样让科研成果更快变成产品"
OWN = (
    *(SUM, STRUCTURE, SEARCH, "你好", "第7条", "哪些措施给钱", "联系电话是多少", "有效期几年", "博士后每年补多少"),
    *("联合实验室投入800万能补多少", "研发费用补助什么时候截止申报？", "研发费用补助要拿满最高额，今年至少要投多少？"),
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Speed and size on this machine.")
    parser.add_argument("--runs", type=int, default=5, help="new processes for each cold figure")
    parser.add_argument(
        "--questions", type=Path, default=ROOT / "tests" / "questions", help="YAML files with rows of `q`"
    )
    options = parser.parse_args()
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {"LUCE_CACHE": folder}
        build = timed([sys.executable, "-m", "bot.cli", "index"], environ)
        rows = [("`luce index`, nothing built yet", [build])]
        for name, arguments in (
            ("`luce --help`", ["--help"]),
            ("`luce ask`, a sum", ["ask", SUM]),
            ("`luce ask`, a fact from the structure", ["ask", STRUCTURE]),
            ("`luce ask`, a question that is searched", ["ask", SEARCH]),
        ):
            command = [sys.executable, "-m", "bot.cli", *arguments]
            timed(command, environ)  # once unmeasured: files come from the cache of the system
            rows.append((name, [timed(command, environ) for _ in range(options.runs)]))
        print("| new process, seconds | min | median | max |\n|---|---:|---:|---:|")
        for name, seconds in rows:
            print(f"| {name} | {min(seconds):.2f} | {statistics.median(seconds):.2f} | {max(seconds):.2f} |")
        print()
        warm(Path(folder), list(questions(options.questions)))


def machine() -> str:
    """The processor, its cores, the memory and the Python."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
    memory = psutil.virtual_memory().total / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model or platform.machine()}, {cores} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def timed(command: Sequence[str], environ: dict[str, str]) -> float:
    """Seconds that a process takes from start to end."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        print(
            f"{' '.join(command[2:])} ended with {done.returncode}: {done.stderr.decode(errors='replace')}",
            file=sys.stderr,
        )
    return seconds


def questions(folder: Path) -> Iterator[str]:
    """The questions of the YAML files of a folder and our own, repeated until there are enough for a percentile."""
    found = []
    for path in sorted(folder.rglob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for row in data if isinstance(data, list) else []:
            turns = row.get("turns", [row]) if isinstance(row, dict) else []
            found += [turn["q"] for turn in turns if isinstance(turn, dict) and isinstance(turn.get("q"), str)]
    found += OWN
    for _ in range(-(-FEWEST // len(found))):
        yield from found


def warm(cache: Path, asked: Sequence[str]) -> None:
    """Print the latency of turns in one process, how many of them are searched, and its size afterwards."""
    from bot.app import build_app
    from bot.nlg.turn import Conversation
    from bot.settings import Settings
    from retrieval.retriever import Retriever

    logging.disable(logging.WARNING)  # what the guard withholds is counted below
    searched: list[str] = []
    plain: Callable[..., object] = Retriever.search

    def counted(self: Retriever, query: str, **options: int) -> object:
        searched.append(query)
        return plain(self, query, **options)

    setattr(Retriever, "search", counted)  # noqa: B010 (a probe of this benchmark alone)
    desk = build_app(Settings(cache=cache)).desk
    for question in OWN:  # tables, converters and the index load with the first use
        desk.respond(Conversation(), question, as_of=DAY)
    searched.clear()
    taken, slow, withheld = [], [], 0
    for question in asked:
        before, start = len(searched), time.perf_counter()
        turn = desk.respond(Conversation(), question, as_of=DAY)
        taken.append(1000 * (time.perf_counter() - start))
        slow += taken[-1:] if len(searched) > before else []
        withheld += bool(turn.guarded)
    print("| one process, milliseconds a turn | turns | p50 | p95 | max |\n|---|---:|---:|---:|---:|")
    for name, values in (("all questions", taken), ("those that are searched", slow)):
        if values:
            p95 = statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
            print(f"| {name} | {len(values)} | {statistics.median(values):.1f} | {p95:.1f} | {max(values):.1f} |")
    size = psutil.Process().memory_info().rss / 2**20
    print(f"\nReplies in which the guard withheld a figure: {withheld}")
    print(f"Resident after these turns, with the index open: {size:.0f} MiB")


if __name__ == "__main__":
    main()
