"""The MCP server: the desk's tools and the document's measures, as other programs find and call them."""

import functools
import json
import logging
import traceback
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.mcpserver.resources import Resource, TextResource
from mcp.server.mcpserver.tools import Tool
from mcp_types import ToolAnnotations
from pydantic import BeforeValidator, Field, WithJsonSchema, create_model
from pydantic_core import PydanticCustomError

from bot.app import App
from bot.tools.toolkit import (
    LONGEST_QUERY,
    LONGEST_TEXT,
    LONGEST_VALUE,
    MOST_CLAUSES,
    MOST_INPUTS,
    AskResult,
    Benefits,
    CalculationResult,
    Found,
    MeasureText,
    Toolkit,
    WrongArgument,
)
from knowledge.library import Dossier
from knowledge.policy import Measure, Policy
from knowledge.wording import load_wording

WORDING = Path(__file__).with_name("wording.yaml")
_LONGEST_NAME = 100
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_PLAIN, _JSON = "text/plain", "application/json"
_log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


def phrase(key: str, **values: object) -> str:
    """What the server tells, by key.

    Raises:
        WordingError: the key is unknown, or the blanks and the values differ.
    """
    return load_wording(WORDING).say(key, **values)


def make_server(app: App, today: Callable[[], date]) -> MCPServer[Any]:
    """The server of a desk; `ask` answers for `today` where no day is given."""
    dossier = app.library.main
    server: MCPServer[Any] = MCPServer(
        "luce",
        title=phrase("title"),
        instructions=phrase("instructions", title=dossier.facts.title),
        version=_version(),
        tools=[_tool(each) for each in _calls(Toolkit(app.desk, today=today), dossier.policy)],
        resources=_resources(dossier),
        subscriptions=False,
        log_level="WARNING",
    )
    _add_any_measure(server, dossier)
    return server


def address(policy: Policy, *, measure: int | None = None) -> str:
    """The address of the list of measures, or of one."""
    measures = f"luce://policy/{policy.id}/measures"
    return measures if measure is None else f"{measures}/{measure}"


def measure_text(policy: Policy, measure: Measure) -> str:
    """The lines of the document that hold a measure."""
    lines = policy.source.splitlines()
    return "\n".join(lines[measure.clauses[0].line - 1 : measure.clauses[-1].line])


def _calls(toolkit: Toolkit, policy: Policy) -> Sequence[Callable[..., object]]:
    first, last = min(policy.measures), max(policy.measures)
    query = Field(min_length=1, max_length=LONGEST_QUERY, description=phrase("query"))
    limit = Field(ge=1, le=MOST_CLAUSES, description=phrase("limit"))
    number_ = Field(ge=1, description=phrase("number", first=first, last=last))
    benefit_ = Field(min_length=1, max_length=_LONGEST_NAME, description=phrase("benefit"))
    name, value = Field(max_length=_LONGEST_NAME), Field(max_length=LONGEST_VALUE)
    known = Field(max_length=MOST_INPUTS, description=phrase("inputs"))
    question = Field(max_length=LONGEST_TEXT, description=phrase("text"))

    def search_clauses(query: Annotated[str, query], limit: Annotated[int, limit] = 5) -> Found:
        return toolkit.search_clauses(query, limit)

    def get_measure(number: Annotated[int, number_]) -> MeasureText:
        return toolkit.get_measure(number)

    def list_benefits() -> Benefits:
        return toolkit.list_benefits()

    def calculate(
        benefit: Annotated[str, benefit_],
        inputs: Annotated[dict[Annotated[str, name], Annotated[str, value]], known] = {},  # noqa: B006 (never changed)
    ) -> CalculationResult:
        return toolkit.calculate(benefit, inputs)

    def ask(
        text: Annotated[str, question],
        as_of: Annotated[date | None, _DAY, _DAY_SCHEMA, Field(description=phrase("as_of"))] = None,
    ) -> AskResult:
        return toolkit.ask(text, as_of)

    return (search_clauses, get_measure, list_benefits, calculate, ask)


def _day(value: object) -> date | None:
    if value is None or (isinstance(value, date) and type(value) is date):
        return value
    try:
        if isinstance(value, str) and len(value) == len("2026-01-31"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("day", "is not a day; write it as YYYY-MM-DD")


_DAY = BeforeValidator(_day)
_DAY_SCHEMA = WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]})


def _tool(call: Callable[..., object]) -> Tool:
    """A tool that takes no argument beside its own: one that is misspelt is not passed over."""
    name = call.__name__
    tool = Tool.from_function(
        _telling(call),
        title=phrase(f"{name}_title"),
        description=phrase(name),
        annotations=_READS,
        structured_output=True,
    )
    loose = tool.fn_metadata.arg_model
    tool.fn_metadata.arg_model = create_model(loose.__name__, __base__=loose, __cls_kwargs__={"extra": "forbid"})
    tool.parameters = tool.fn_metadata.arg_model.model_json_schema(by_alias=True)
    return tool


def _telling(call: Callable[P, R]) -> Callable[P, R]:
    """A call that tells what is wrong with its arguments, and of every other mishap no more than that there was one.

    Raises:
        ToolError: the arguments cannot be used, or the desk failed.
    """

    @functools.wraps(call)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except WrongArgument as error:
            raise ToolError(str(error)) from error
        except Exception as error:  # noqa: BLE001 (a message of an error may hold what somebody wrote, or a path)
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s failed by %s\n%s", call.__name__, type(error).__name__, place)
            raise ToolError(phrase("failed")) from None

    return told


def _resources(dossier: Dossier) -> list[Resource]:
    policy = dossier.policy
    listed = [
        {"number": m.number, "title": m.title, "group": group.heading.text, "uri": address(policy, measure=m.number)}
        for group in policy.groups
        for m in group.measures
    ]
    whole = f"luce://policy/{policy.id}/text"
    return [
        _resource(address(policy), "measures", _JSON, json.dumps(listed, ensure_ascii=False, indent=1)),
        *(_measure_resource(policy, measure) for measure in policy.measures.values()),
        _resource(whole, "text", _PLAIN, policy.source),
    ]


def _resource(uri: str, key: str, mime: str, text: str) -> TextResource:
    return TextResource(
        uri=uri, name=phrase(f"{key}_name"), description=phrase(f"{key}_about"), mime_type=mime, text=text
    )


def _measure_resource(policy: Policy, measure: Measure) -> TextResource:
    return TextResource(
        uri=address(policy, measure=measure.number),
        name=phrase("measure_name", number=measure.number),
        title=measure.title,
        description=phrase("measure_about", heading=measure.clauses[0].text),
        mime_type=_PLAIN,
        text=measure_text(policy, measure),
    )


def _add_any_measure(server: MCPServer[Any], dossier: Dossier) -> None:
    """Show how a measure is addressed, and tell which there are where somebody wants another."""
    policy = dossier.policy

    @server.resource(
        "luce://policy/{policy_id}/measures/{number}",
        name=phrase("any_measure_name"),
        description=phrase("any_measure_about"),
        mime_type=_PLAIN,
    )
    def any_measure(policy_id: str, number: str) -> str:
        first, last = min(policy.measures), max(policy.measures)
        told = {"number": number[:_LONGEST_NAME], "policy": policy_id[:_LONGEST_NAME], "known": policy.id}
        raise ResourceNotFoundError(phrase("no_measure", **told, first=first, last=last))


def _version() -> str:
    try:
        return version("luce")
    except PackageNotFoundError:
        return "0"
