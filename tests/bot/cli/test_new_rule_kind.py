"""A new kind of rule is one file: with it alone, every command answers."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.library import BUNDLED

ROOT = Path(__file__).parents[3]
KIND = '''
"""A printed rate of what was spent, with nothing at its end."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from calculators.calculation import Calculation, NeedsSlots, Outcome
from calculators.derivation import derive_amounts
from calculators.phrases import equals, say, show_rate, show_yuan
from calculators.printed import PrintedRate, PrintedYuan
from calculators.rule import Case, Rule
from knowledge.benefit import SlotKind


class PlainRate(Rule):
    """`rate` of the base."""

    kind: Literal["plain_rate"]
    base: str
    rate: PrintedRate
    about: PrintedYuan

    @property
    def most(self) -> Decimal:
        return self.about

    @property
    def slot_kinds(self) -> Mapping[str, SlotKind]:
        return {self.base: "money"}

    @property
    def base_slot(self) -> str:
        return self.base

    def decide(self, case: Case) -> Outcome:
        derived = derive_amounts(self.base, case)
        if not derived.amounts:
            return NeedsSlots(case.benefit.id, (self.base,))
        base = sum(derived.amounts, Decimal(0))
        share = base * self.rate
        product = equals(f"{show_yuan(base)} × {show_rate(self.rate)}", share)
        step = case.cited(say("by_rate"), product, show_yuan(share))
        return Calculation(case.benefit.id, share, "exact", (*derived.steps, step))
'''
RULE = "{kind: rate_with_cap, base: lab_nonfiscal, rate: 10%, cap: 1000万元, bound: exact}"
NEW_RULE = "{kind: plain_rate, base: lab_nonfiscal, rate: 10%, about: 1000万元}"
EXAMPLE = ", {inputs: {lab_nonfiscal: 12000万元}, amount: 1000万元}"
RUN = """
import sys, calculators.rules
calculators.rules.__path__.append(sys.argv.pop(1))
from bot.cli import main
main()
"""

Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, luce_environ: dict[str, str]) -> Run:
    """Runs `luce` beside one more file in `calculators/rules`, on a policy with a benefit of that kind."""
    place = tmp_path_factory.mktemp("kind")
    (place / "plain_rate.py").write_text(KIND, encoding="utf-8")
    policies = place / "policies"
    for path in BUNDLED.rglob("*.*"):
        target = policies / path.relative_to(BUNDLED)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        if path.name == "benefits.yaml":
            assert RULE in text
            text = text.replace(RULE, NEW_RULE).replace(EXAMPLE, "")
        target.write_text(text, encoding="utf-8")
    environ = {**luce_environ, "LUCE_POLICIES": str(policies), "LANG": "C.UTF-8"}

    def play(*args: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(place), *args],
            capture_output=True,
            cwd=ROOT,
            env=environ,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr).decode()
        return done.stdout.decode()

    return play


def test_a_sum_is_computed_whatever_asks_for_it(run: Run) -> None:
    assert "1500万元" in run("calc", "joint_lab", "--input", "lab_nonfiscal=15000万元")
    assert "1500万元" in run("ask", "联合实验室非财政资金投入15000万，补多少")


def test_what_the_kind_cannot_tell_is_said_and_nothing_fails(run: Run) -> None:
    answer = run("ask", "联合实验室要拿到200万至少要投多少")

    assert "不能由金额倒推" in answer
    assert "calculators" not in answer


def test_the_check_of_the_policy_passes(run: Run) -> None:
    assert "ok" in run("check")
