"""Deciding: every action is decided upon for some message, and every action is carried out."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.dialog import actions
from bot.dialog.actions import Action
from bot.dialog.manager import Manager
from bot.dialog.reply import Reply
from bot.dialog.state import State
from bot.nlg.turn import Turn

Talk = Callable[..., tuple[Turn, ...]]
SUM = "今年研发费用1200万，去年900万，能补多少"
KINDS: tuple[type[object], ...] = get_args(Action)
DECIDED: dict[type[object], tuple[str, ...]] = {
    actions.Courtesy: ("你好",),
    actions.Decline: ("深圳的补贴呢",),
    actions.TakeOffer: ("我们公司能拿多少", "第三个"),
    actions.RejectOffer: ("今年研发费用大概1200万，去年900万，能补多少", "不对"),
    actions.Explain: (SUM, "为什么"),
    actions.Calculate: (SUM,),
    actions.Gather: (SUM, "换一家公司，今年680万，去年610万", "两家一共多少"),
    actions.Invert: ("研发补助要拿满500万，至少花多少",),
    actions.Remove: (SUM, "再加上联合实验室非财政资金投入800万，一共多少", "去掉联合实验室"),
    actions.Menu: ("我们公司能拿多少",),
    actions.Unknown: ("帮我算研发补助", "我也不知道"),
    actions.Silent: ("联合实验室要交什么材料",),
    actions.Matter: ("有效期几年",),
    actions.ListPlaces: ("哪些措施给钱",),
    actions.Measures: ("第7条",),
    actions.Quote: ("联合实验室怎么支持",),
    actions.OfferTopics: ("我们有基地，能拿钱吗",),
    actions.Search: ("本地大学搞出来的技术，最好在家门口就消化掉，这话政策里哪一条讲过",),
    actions.Refuse: ("研发费用加计扣除怎么弄",),
}
CARRIED_OUT: tuple[Action, ...] = (
    actions.Courtesy("thanks"),
    actions.Decline("other_place"),
    actions.TakeOffer(0),
    actions.RejectOffer(),
    actions.Explain("why"),
    actions.Calculate(("joint_lab",)),
    actions.Calculate(()),
    actions.Gather(),
    actions.Invert(("rd_subsidy",)),
    actions.Remove(("joint_lab",)),
    actions.Menu(),
    actions.Unknown(),
    actions.Silent("material", ("joint_lab",)),
    actions.Matter(("validity",)),
    actions.ListPlaces(),
    actions.Measures(),
    actions.Quote(("joint_lab",), surely=True),
    actions.OfferTopics(("joint_lab", "incubator")),
    actions.Search(),
    actions.Refuse(()),
)


def test_the_tables_hold_every_action() -> None:
    assert len(KINDS) > 15
    assert set(DECIDED) == set(KINDS)
    assert {type(action) for action in CARRIED_OUT} == set(KINDS)


def test_the_manager_has_a_case_for_every_action_and_none_besides() -> None:
    tree = ast.parse(textwrap.dedent(inspect.getsource(Manager.handle)))
    patterns = [node.pattern for node in ast.walk(tree) if isinstance(node, ast.match_case)]
    named = [ast.unparse(pattern.cls).split(".")[-1] for pattern in patterns if isinstance(pattern, ast.MatchClass)]

    assert len(named) == len(patterns)
    assert sorted(named) == sorted(kind.__name__ for kind in KINDS)


@pytest.mark.parametrize("kind", DECIDED, ids=[kind.__name__ for kind in DECIDED])
def test_every_action_is_decided_upon(talk: Talk, manager: Manager, kind: type[object]) -> None:
    *before, last = DECIDED[kind]
    state = talk(*before)[-1].state if before else State()

    assert isinstance(manager.decide(manager.reader.read(last, state.after), state), kind)


@pytest.mark.parametrize("action", CARRIED_OUT, ids=[str(action) for action in CARRIED_OUT])
@pytest.mark.parametrize("before", ["我们公司能拿多少", SUM], ids=["offered", "computed"])
def test_every_action_is_carried_out(talk: Talk, manager: Manager, action: Action, before: str) -> None:
    state = talk(before)[-1].state
    if isinstance(action, actions.TakeOffer) and state.offer is None:
        return  # nothing can be taken where nothing is offered

    reply, moved = manager.handle(action, manager.reader.read("联合实验室", state.after), state)

    assert isinstance(reply, get_args(Reply))
    assert isinstance(moved, State)


@given(st.text(max_size=30))
@settings(deadline=None, max_examples=60)
def test_every_message_gets_exactly_one_action(app: App, message: str) -> None:
    manager = app.desk.manager

    assert type(manager.decide(manager.reader.read(message), State())) in KINDS
