"""The composition root: settings become a desk, and a mistake in them a sentence."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bot.app import App, build_app
from bot.nlg.turn import Conversation
from bot.settings import Settings
from knowledge.errors import PolicyBotError

ROOT = Path(__file__).parents[2]
POLICY = "xiamen-sti-measures"


def test_the_desk_speaks_for_the_main_policy(app: App) -> None:
    assert app.library.main.policy.id == POLICY
    assert app.desk.manager.dossier is app.library.main
    assert len(app.library.main.benefits) == 15


def test_no_index_is_built_before_it_is_needed(tmp_path: Path) -> None:
    app = build_app(Settings(cache=tmp_path))

    assert app.library.main.policy.id == POLICY
    assert list(tmp_path.iterdir()) == []


def test_a_sum_needs_no_index(tmp_path: Path) -> None:
    app = build_app(Settings(cache=tmp_path))
    turn = app.desk.respond(Conversation(), "今年研发费用1200万，去年900万，能补多少", as_of=date(2026, 1, 1))

    assert "60万元" in turn.text
    assert list(tmp_path.iterdir()) == []


def test_the_index_is_opened_in_the_cache_folder(app: App) -> None:
    index = app.open_index()

    assert index
    assert (app.settings.cache / "index" / POLICY).is_dir()


def test_a_date_of_issue_becomes_the_start_of_the_period(cache: Path) -> None:
    app = build_app(Settings(cache=cache, issued={POLICY: date(2025, 3, 1)}))

    period = app.library.main.period
    assert (period.start, period.end) == (date(2025, 3, 1), date(2028, 3, 1))


@pytest.mark.parametrize("broken", ["no_such_folder", "empty"])
def test_a_folder_without_policies_is_refused(tmp_path: Path, broken: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(PolicyBotError, match="policy folder"):
        build_app(Settings(policies=tmp_path / broken, cache=tmp_path))


def test_a_date_of_issue_for_an_unknown_policy_is_refused(cache: Path) -> None:
    with pytest.raises(PolicyBotError, match="no-such-policy"):
        build_app(Settings(cache=cache, issued={"no-such-policy": date(2025, 3, 1)}))


def test_building_a_desk_loads_no_heavy_library() -> None:
    code = (
        "import sys; from pathlib import Path; from bot.app import build_app; from bot.settings import Settings;"
        "build_app(Settings(cache=Path('nowhere')));"
        "print([m for m in ('chromadb', 'torch', 'sentence_transformers', 'langchain') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
