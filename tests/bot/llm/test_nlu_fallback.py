"""The model's side of a second reading: what it is told, what it may fill in, and what happens when it fails."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App, build_app, open_llm_reader
from bot.dialog.llm_fallback import EntityMention, LlmReading
from bot.dialog.reply import NotCovered
from bot.llm.budget import tokens_in
from bot.llm.errors import ModelFailed
from bot.llm.nlu_fallback import LanguageReader, instructions
from bot.nlg.draft_answer import draft_answer_of
from bot.nlu.labels import ASKS
from bot.records.masking import Masking
from bot.service.sessions import Sessions
from bot.settings import LlmSettings, Settings
from knowledge.library import BUNDLED
from tests.bot.conftest import ROOT, Luce
from tests.bot.llm.scripted import Reply, answering, in_order, scripted
from tests.bot.test_questions import DAY

HOSPITAL = "看病救人的地方做出来的新点子，能不能也像学校那样拿出去变现"
TOPIC = {"id": "subject:medical", "words": "看病救人的地方"}
FORM = {"topics": [TOPIC], "attributes": [], "matters": [], "numbers": ["一个点子"]}
NEVER_LOADED = {"langchain", "langchain_core", "langchain_openai", "openai", "langsmith", "langgraph", "mcp"}
LOADED = (
    "import sys; from bot.cli.ask import answer_one; answer_one(sys.argv[1], None, as_json=True);"
    "print(*sorted(sys.modules))"
)


# -- what it is told


def test_the_model_is_told_every_id_with_a_name_and_no_amount(app: App) -> None:
    dossier = app.library.main
    told = instructions(dossier).splitlines()
    ids = [f"benefit:{name}" for name in dossier.benefits] + [f"subject:{name}" for name in dossier.lexicon.subjects]
    ids += ASKS

    for each in ids:
        (line,) = [line for line in told if line.startswith(f"{each}：")]
        assert line != f"{each}："
    assert not any("0万" in line for line in told)


def test_what_it_is_told_leaves_half_of_a_turn_to_the_longest_message(app: App) -> None:
    assert tokens_in(instructions(app.library.main)) < LlmSettings().turn_tokens / 2


def test_a_message_goes_out_alone_masked_and_in_one_request(tmp_path: Path) -> None:
    with scripted(lambda _: answering(FORM)) as endpoint:
        reader = LanguageReader(endpoint.model(masking=Masking.for_policies(BUNDLED), data=tmp_path), BUNDLED)
        reading = reader.read(f"{HOSPITAL}，打我手机13812345678")

    (request,) = endpoint.requests
    system, user = request.body["messages"]
    assert reading == LlmReading(topics=(EntityMention(**TOPIC),), numbers=("一个点子",))
    assert user["content"] == f"{HOSPITAL}，打我手机●●●●●●●●●●●"
    assert "13812345678" not in request.said
    assert system["content"] == reader.system


# -- what it fills in


@pytest.mark.parametrize("form", [{}, {"topics": []}, {"topics": [], "others": 1}])
def test_an_empty_form_is_no_reading(tmp_path: Path, form: dict[str, object]) -> None:
    with scripted(lambda _: answering(form)) as endpoint:
        assert LanguageReader(endpoint.model(data=tmp_path), BUNDLED).read(HOSPITAL) is None


@pytest.mark.parametrize(
    "reply",
    [
        Reply("好的，您可以拿到9999万元。"),
        answering({"topics": "subject:medical"}),
        answering({"topics": [{"id": "subject:medical"}]}),
        answering({"topics": [{"id": "x" * 300, "words": "学校"}]}),
        answering({"topics": [TOPIC] * 30}),
        Reply(refusal="no"),
        Reply(status=401),
        Reply(fault="flood"),
        Reply(fault="broken_json"),
        Reply(fault="reset"),
        Reply(""),
    ],
)
def test_what_is_no_form_fails(tmp_path: Path, reply: Reply) -> None:
    with scripted(in_order(reply)) as endpoint:
        reader = LanguageReader(endpoint.model(data=tmp_path, seconds=1), BUNDLED)
        with pytest.raises(ModelFailed):
            reader.read(HOSPITAL)


# -- at the desk


def desk(settings: Settings, cache: Path) -> Sessions:
    settings = replace(settings, cache=cache)
    llm = open_llm_reader(settings)
    assert llm is not None
    return Sessions(build_app(settings, llm=llm).desk)


def test_a_model_behind_the_desk_is_asked_where_the_rules_are_at_a_loss_and_not_elsewhere(
    cache: Path, tmp_path: Path
) -> None:
    with scripted(lambda _: answering(FORM)) as endpoint:
        sessions = desk(replace(endpoint.settings, data=tmp_path), cache)
        settled = [sessions.ask("a", q, as_of=DAY) for q in ("联合实验室补多少", "研发补助什么时候申报", "你好")]
        turn = sessions.ask("a", HOSPITAL, as_of=DAY)

    assert [each.outcome for each in settled] == ["answered", "not_covered", "greeting"]
    assert turn.text.startswith("您问的也许是“5.推进科研事业单位管理创新”方面的。")
    assert len(endpoint.requests) == 1


def test_the_lead_that_says_that_it_is_an_interpretation_is_not_worded_anew(cache: Path, tmp_path: Path) -> None:
    with scripted(lambda _: answering(FORM)) as endpoint:
        turn = desk(replace(endpoint.settings, data=tmp_path), cache).ask("a", HOSPITAL, as_of=DAY)

    assert turn.outcome == "answered"
    assert draft_answer_of(turn).lead == ""


@pytest.mark.parametrize("reply", [Reply(status=500), Reply(fault="hang"), Reply("nothing"), Reply(fault="close")])
def test_a_model_that_fails_leaves_the_refusal(cache: Path, tmp_path: Path, app: App, reply: Reply) -> None:
    with scripted(in_order(reply)) as endpoint:
        llm = replace(endpoint.settings.llm, seconds=0.5)
        sessions = desk(replace(endpoint.settings, data=tmp_path, llm=llm), cache)
        turn = sessions.ask("a", HOSPITAL, as_of=DAY)

    assert endpoint.requests
    assert isinstance(turn.reply, NotCovered)
    assert turn == Sessions(app.desk).ask("a", HOSPITAL, as_of=DAY)


def test_there_is_no_reader_without_leave() -> None:
    allowed = Settings(offline=False, llm=LlmSettings("http://127.0.0.1:9", "m"))

    assert open_llm_reader(allowed) is not None
    assert open_llm_reader(replace(allowed, offline=True)) is None
    assert open_llm_reader(replace(allowed, llm=LlmSettings())) is None
    assert open_llm_reader(replace(allowed, llm=replace(allowed.llm, uses=("phrasing",)))) is None


# -- by the command line


def environ(url: str, data: Path, **more: str) -> dict[str, str]:
    return {
        **{"LUCE_LLM_URL": url, "LUCE_LLM_MODEL": "scripted", "LUCE_LLM_USES": "understanding"},
        **{"LUCE_OFFLINE": "0", "LUCE_DATA": str(data), "NO_PROXY": "*"},
        **more,
    }


@pytest.mark.slow
def test_ask_and_chat_read_with_the_model_and_eval_does_not(luce: Luce, app: App, tmp_path: Path) -> None:
    app.open_index()
    line = json.dumps({"session": "a", "text": HOSPITAL}, ensure_ascii=False).encode()
    questions = tmp_path / "q.yaml"
    questions.write_text(f"- {{q: {HOSPITAL}, outcome: not_covered}}\n", encoding="utf-8")
    with scripted(lambda _: answering(FORM)) as endpoint:
        env = environ(endpoint.url, tmp_path)
        told = [
            luce("ask", HOSPITAL, environ=env),
            luce("ask", "--jsonl", stdin=line, environ=env),
            luce("chat", stdin=HOSPITAL.encode(), environ=env),
        ]
        asked = len(endpoint.requests)
        evaluated = luce("eval", str(questions), environ=env)

    assert all("您问的也许是" in each.stdout.decode() for each in told), [each.stderr.decode() for each in told]
    assert asked == len(told) == len(endpoint.requests)
    assert b"1/1" in evaluated.stdout


def test_without_a_model_nothing_of_it_is_loaded(luce_environ: dict[str, str], app: App, tmp_path: Path) -> None:
    app.open_index()
    configured = environ("http://127.0.0.1:9/v1", tmp_path)
    plain = loaded_by_ask(luce_environ)

    assert "bot.dialog.llm_fallback" in plain
    assert {name for name in plain if name.split(".")[0] in NEVER_LOADED or name.startswith("bot.llm")} == set()
    assert loaded_by_ask(luce_environ | configured | {"LUCE_OFFLINE": "1"}) == plain
    assert {"bot.llm.nlu_fallback", "langchain_openai"} <= loaded_by_ask(luce_environ | configured)


def loaded_by_ask(environ: dict[str, str]) -> set[str]:
    """The modules that a process has loaded once it has answered by `luce ask`."""
    argv = [sys.executable, "-c", LOADED, HOSPITAL]
    done = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())
