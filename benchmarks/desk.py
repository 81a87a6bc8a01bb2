"""Speed of the staff console: from a keystroke to the marked clauses, measured in the browser. It measures.

python benchmarks/desk.py [--rounds N]

A person types words into the search box, in headless Chromium, before a desk that is served on this machine. For each
keystroke the time is taken from the `input` event to the moment when the clauses with the marks of all that was typed
stand in the page, and to the next frame that shows them. Nothing is left out: the page does not wait before it asks.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.app import build_app  # noqa: E402 (the path above lets the benchmark run without being installed)
from bot.settings import Settings  # noqa: E402
from bot.web.access import Role  # noqa: E402
from tests.bot.web.browser.chromium import open_chromium  # noqa: E402
from tests.bot.web.rig import serving_web, web_desk, whole_of  # noqa: E402

WORDS = (
    "研发费用增长",
    "联合实验室",
    "博士后生活补助",
    "孵化器奖励",
    "产学研技术交易额",
    "国家级创新平台",
    "有效期",
    "中试平台",
)
PAUSE = 120  # milliseconds between keystrokes: somebody who types fast
FAST = 25  # a key that is held down
MEASURE = """
() => {
  const box = document.getElementById("q"), results = document.getElementById("results");
  const open = [];
  window.taken = { swapped: [], shown: [] };
  box.addEventListener("input", (event) => { if (box.value) open.push(event.timeStamp); }, true);
  new MutationObserver(() => {
    if (results.querySelector("[data-query]")?.dataset.query !== box.value) return; // not of all that was typed
    const now = performance.now(), begun = open.splice(0);
    taken.swapped.push(...begun.map((at) => now - at));
    requestAnimationFrame((frame) => setTimeout(() => {
      const seen = performance.now();
      taken.shown.push(...begun.map((at) => seen - at));
    }));
  }).observe(results, { childList: true });
}
"""


def measure(rounds: int, pause: int) -> dict[str, list[float]]:
    """Milliseconds from each keystroke, at a pace of typing."""
    with tempfile.TemporaryDirectory() as folder:
        web = whole_of(web_desk(build_app(Settings(cache=Path(folder) / "cache")), Path(folder)))
        session, _ = web.signed_in(Role.STAFF)
        with serving_web(web.application) as address, open_chromium() as browser:
            context = browser.new_context(viewport={"width": 1366, "height": 768})
            context.add_cookies([{"name": "luce_session", "value": session, "url": address}])
            page = context.new_page()
            page.goto(f"{address}/desk")
            page.evaluate(MEASURE)
            for _ in range(rounds):
                for words in WORDS:
                    page.keyboard.type(words, delay=pause)
                    page.wait_for_timeout(300)
                    page.keyboard.press("Escape")
                    page.wait_for_timeout(100)
            taken: dict[str, list[float]] = page.evaluate("taken")
            return taken


def figures(milliseconds: list[float]) -> dict[str, float]:
    """How many, the median, the 95th and 99th percentile and the longest."""
    cuts = statistics.quantiles(milliseconds, n=100)
    found = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(milliseconds)}
    return {"keystrokes": len(milliseconds)} | {name: round(value, 1) for name, value in found.items()}


def main() -> None:
    """Print the figures as one JSON object."""
    parser = argparse.ArgumentParser(description="Speed of the staff console, from keystroke to marked clauses.")
    parser.add_argument("--rounds", type=int, default=5, help="how often all words are typed")
    rounds: int = parser.parse_args().rounds
    report = {}
    for name, pause in (("typing", PAUSE), ("typing_fast", FAST)):
        taken = measure(rounds, pause)
        report[name] = {"milliseconds_between_keys": pause} | {kind: figures(times) for kind, times in taken.items()}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
