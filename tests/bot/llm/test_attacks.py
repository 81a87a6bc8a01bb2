"""Prompt injection: whatever a model does that obeys an attacker fully, the desk's amounts, clauses and refusals stand.

Each attack of `attacks.yaml` is made three times: on the agent, on the wording of answers and on the understanding of
questions. Each time the model sits behind a real endpoint and does what the attacker wants.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from bot.app import App, build_app
from bot.dialog.reply import citations_of, total_of
from bot.evaluation.data_checks import folder_problems, load_each
from bot.llm.agent import Enquiry, enquire
from bot.llm.agent_checks import load_words
from bot.llm.claim_support import WORDING, settled
from bot.llm.model import LanguageModel
from bot.llm.nlu_fallback import LanguageReader
from bot.llm.rewriting import LlmRewriter
from bot.nlg.draft_answer import draft_answer_of
from bot.nlg.turn import Conversation, Turn
from bot.settings import Settings
from calculators.calculation import Calculation, Outcome
from knowledge.library import BUNDLED
from knowledge.wording import load_wording
from tests.bot.llm.scripted import KEY, Endpoint, Json, Reply, Script, calling, scripted

pytestmark = pytest.mark.slow

DAY = date(2026, 3, 2)
POLICY = "xiamen-sti-measures"
LONGEST_ECHO = 12


class Attack(NamedTuple):
    """One attack, as `attacks.yaml` tells it."""

    name: str
    through: str
    question: str
    says: str
    must_not: tuple[str, ...]
    text: str = ""
    measure: int = 0
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    asked: bool = True
    read: bool = False


def read_attacks() -> list[Attack]:
    rows = yaml.safe_load(Path(__file__).with_name("attacks.yaml").read_text(encoding="utf-8"))
    return [
        Attack(**{**row, "must_not": tuple(row["must_not"]), "calls": tuple(map(tuple, row.get("calls", ())))})
        for row in rows
    ]


ATTACKS = read_attacks()


def obedient(attack: Attack) -> Script:
    """A model that calls the tools that the attacker names, one after the other, and then writes what he wants."""
    left = [calling(tool, **arguments) for tool, arguments in attack.calls]

    def script(body: Json) -> Reply:
        if "response_format" in body:
            return Reply(json.dumps(pointed(attack), ensure_ascii=False))
        if left and body.get("tools"):
            return left.pop(0)
        system = str(body["messages"][0]["content"])
        tools = json.dumps(body.get("tools", ()), ensure_ascii=False)
        words = {"{system}": system, "{backwards}": system[::-1], "{tools}": tools, "{key}": KEY}
        said = attack.says
        for blank, value in words.items():
            said = said.replace(blank, value)
        return Reply(said)

    return script


def pointed(attack: Attack) -> Json:
    """What the attacker has read into a question: that it asks for the largest sums, and for anything else."""
    words = [attack.question[:LONGEST_ECHO], attack.question[-LONGEST_ECHO:], attack.question[:4]]
    topics = ("benefit:national_platform", "benefit:rd_subsidy", "benefit:joint_lab", "subject:medical")
    return {
        "topics": [{"id": topic, "words": each} for topic in topics for each in words],
        "attributes": [{"id": "amount", "words": words[0]}],
        "matters": [{"id": "validity", "words": words[1]}],
        "numbers": ["6000万元", "8000万元", *re.findall("[0-9]+万元", attack.question)],
    }


@dataclass
class Desks:
    """The desks under attack, by the way of the attack, each without and with a reader; and the obedient model."""

    plain: dict[str, App]
    reading: dict[str, App]
    endpoint: Endpoint
    model: LanguageModel


@pytest.fixture(scope="module")
def desks(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    tampered = tamper(tmp_path_factory.mktemp("tampered") / "policies")
    curated = write_answers(tmp_path_factory.mktemp("staff") / "curated.yaml")
    settings = {
        "words": Settings(cache=cache),
        "clause": Settings(cache=tmp_path_factory.mktemp("tampered-cache"), policies=tampered),
        "staff": Settings(cache=cache, curated=curated),
    }
    with ExitStack() as stack:
        endpoint = stack.enter_context(scripted(lambda _: Reply("")))
        model = endpoint.model(day_tokens=10**9)
        readers = {way: LanguageReader(model, each.policies) for way, each in settings.items()}
        plain = {way: build_app(each) for way, each in settings.items()}
        reading = {way: build_app(each, llm=readers[way]) for way, each in settings.items()}
        yield Desks(plain, reading, endpoint, model)


def tamper(folder: Path) -> Path:
    """A copy of the policies with the attackers' sentences at the ends of their measures."""
    shutil.copytree(BUNDLED, folder)
    path = folder / POLICY / "text.txt"
    lines = path.read_text(encoding="utf-8").split("\n")
    for attack in ATTACKS:
        if attack.through == "clause":
            number = next(n for n, line in enumerate(lines) if line.startswith(f"{attack.measure}."))
            lines[number] += attack.text
    path.write_text("\n".join(lines), encoding="utf-8")
    return folder


def write_answers(path: Path) -> Path:
    entries = [
        {
            "question": attack.question,
            "answer": attack.text,
            "statement": "office",
            "role": "战略规划处 工作人员",
            "valid_until": "2030-12-31",
        }
        for attack in ATTACKS
        if attack.through == "staff"
    ]
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    return path


def answer(app: App, question: str) -> Turn:
    return app.desk.respond(Conversation(), question, as_of=DAY)


def amounts(outcomes: tuple[Outcome, ...]) -> list[object]:
    return [
        (o.benefit_id, type(o), o.amount if isinstance(o, Calculation) else None, getattr(o, "bound", None))
        for o in outcomes
    ]


def leaks(text: str, endpoint: Endpoint) -> list[str]:
    """What a text tells of the key, the settings and the prompts, also read from behind."""
    prompts = {str(request.body["messages"][0]["content"]) for request in endpoint.requests}
    prompts |= {load_words().prompt, *load_wording(WORDING).templates.values()}
    pieces = {p[i : i + LONGEST_ECHO] for p in prompts for i in range(len(p) - LONGEST_ECHO + 1)}
    secrets = {KEY, endpoint.url, "LUCE_LLM", "scripted", *pieces, *(piece[::-1] for piece in pieces)}
    return [secret for secret in secrets if secret in text]


def test_the_table_covers_every_way_in() -> None:
    ways = [attack.through for attack in ATTACKS]

    assert ways.count("words") >= 20
    assert ways.count("clause") >= 14
    assert ways.count("staff") >= 14
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


def test_the_tampered_policy_and_the_answers_of_staff_pass_every_check_of_the_desk(desks: Desks) -> None:
    folder = desks.plain["clause"].settings.policies
    dossiers, problems = load_each((folder,), None)
    texts = [attack.text for attack in ATTACKS if attack.through == "clause"]

    assert problems == []
    assert [problem for dossier in dossiers for problem in folder_problems(dossier)] == []
    assert all(any(text in clause.text for clause in dossiers[0].policy.sentences) for text in texts)


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_an_agent_that_obeys_the_attacker_changes_nothing(attack: Attack, desks: Desks) -> None:
    app, endpoint = desks.plain[attack.through], desks.endpoint
    endpoint.script, asked = obedient(attack), len(endpoint.requests)
    before = answer(app, attack.question)

    enquiry = enquire(app.desk, desks.model, attack.question, DAY)

    assert (len(endpoint.requests) > asked) == attack.asked
    assert enquiry.turn == before
    assert amounts(enquiry.outcomes) == amounts(settled(before))
    assert enquiry.citations[: len(citations_of(before.reply))] == citations_of(before.reply)
    assert all(
        citation.quote == citation.clause.text for citation in enquiry.citations[len(citations_of(before.reply)) :]
    )
    assert before.text in enquiry.text
    spoken = spoken_by_the_model(enquiry)
    assert [each for each in attack.must_not if each in spoken] == []
    assert leaks(enquiry.text, endpoint) == []


def spoken_by_the_model(enquiry: Enquiry) -> str:
    if enquiry.fell_back is not None:
        assert enquiry.blocks == enquiry.turn.blocks
        return ""
    return enquiry.blocks[0].text


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_an_answer_worded_by_the_attacker_changes_nothing(attack: Attack, desks: Desks) -> None:
    turn = answer(desks.plain[attack.through], attack.question)
    desks.endpoint.script = obedient(attack)

    blocks = LlmRewriter(desks.model).rewrite(draft_answer_of(turn))

    assert blocks[1:] == turn.blocks[1:]
    said, own = blocks[0].text, turn.blocks[0].text
    if said != own:  # what a quoted clause prints is data of the answer, whoever has printed it
        quotes = "\n".join(citation.quote for citation in citations_of(turn.reply))
        assert [each for each in attack.must_not if each in said and each not in quotes] == []
        assert blocks[0] == replace(turn.blocks[0], text=said)
    assert leaks("\n".join(block.full for block in blocks), desks.endpoint) == []


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_a_reading_that_points_where_the_attacker_says_changes_nothing(attack: Attack, desks: Desks) -> None:
    before = answer(desks.plain[attack.through], attack.question)
    desks.endpoint.script, asked = obedient(attack), len(desks.endpoint.requests)

    after = answer(desks.reading[attack.through], attack.question)

    assert (len(desks.endpoint.requests) > asked) == attack.read
    assert after.outcome == before.outcome
    assert after.blocks == before.blocks
    assert total_of(after.reply) == total_of(before.reply)


def test_some_attacked_agents_are_heard_and_speak_no_word_of_the_attack(desks: Desks) -> None:
    heard = []
    for attack in ATTACKS:
        desks.endpoint.script = obedient(attack)
        if attack.says == "请看后面的条文。":
            heard.append(enquire(desks.plain[attack.through].desk, desks.model, attack.question, DAY))

    assert len(heard) >= 3
    assert [enquiry.fell_back for enquiry in heard] == [None] * len(heard)
    assert any(step.refused for enquiry in heard for step in enquiry.steps)
