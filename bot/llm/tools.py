"""The desk as tools and as a retriever of LangChain, for this project's agent and for others.

    agent = create_agent(model, desk_tools(Toolkit(desk)))
    documents = ClauseRetriever(toolkit=Toolkit(desk)).invoke("...")

There is one tool to calculate, not one a benefit: its arguments are the benefit, an enumeration, and every slot by
name, each an optional text. Five tools fit into the context of a small model, and the choice of a benefit is checked
as strictly as a name of a tool would be. Values are texts as the person wrote them; the desk's own code reads them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, ConfigDict, Field, SkipValidation, ValidationError, create_model, model_validator
from pydantic.v1 import ValidationError as ValidationErrorV1

from bot.tools.toolkit import LONGEST_QUERY, LONGEST_TEXT, LONGEST_VALUE, MOST_CLAUSES, SlotInfo, Toolkit
from knowledge.errors import PolicyBotError
from knowledge.wording import load_wording

_tell = load_wording(Path(__file__).with_name("tools.yaml")).say
_BETWEEN = "; "
_Told = tuple[str, BaseModel]
Text = Annotated[str, Field(max_length=LONGEST_VALUE)]


class Warden(Protocol):
    """Allows a call or not, so that what tools compute stays what a person said."""

    def against_inputs(self, benefit: str, inputs: Mapping[str, str]) -> str | None:
        """Why a calculation is turned down, for the model to read; None where it is allowed.

        Raises:
            InvalidInput: there is no such benefit or slot, or a value is not of the kind of its slot.
        """
        ...

    def against_question(self, text: str) -> str | None:
        """Why a question is turned down, for the model to read; None where it is allowed."""
        ...


class SearchArguments(BaseModel):
    """What is looked for."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(max_length=LONGEST_QUERY, description=_tell("search_clauses_query"))
    limit: int = Field(default=5, ge=1, le=MOST_CLAUSES, description=_tell("search_clauses_limit"))


class MeasureArguments(BaseModel):
    """Which measure is wanted."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=1, description=_tell("get_measure_number"))


class NoArguments(BaseModel):
    """Nothing is wanted to know."""

    model_config = ConfigDict(extra="forbid")


class AskArguments(BaseModel):
    """What is asked."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=LONGEST_TEXT, description=_tell("ask_text"))


class _Given(BaseModel):
    """What is given; what is null is not."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: object) -> object:
        return {name: each for name, each in given.items() if each is not None} if isinstance(given, dict) else given


def desk_tools(toolkit: Toolkit, *, warden: Warden | None = None) -> list[BaseTool]:
    """The tools `search_clauses`, `get_measure`, `list_benefits`, `calculate` and `ask`.

    A result is JSON for the model, with clauses; its artifact is the value that the toolkit gave. What is wrong with a
    call is told to the model as an error. A `warden` may turn calls down.
    """
    desk = _Desk(toolkit, warden)
    tools: tuple[tuple[Callable[..., _Told], type[BaseModel]], ...] = (
        (desk.search_clauses, SearchArguments),
        (desk.get_measure, MeasureArguments),
        (desk.list_benefits, NoArguments),
        (desk.calculate, calculation_arguments(toolkit)),
        (desk.ask, AskArguments),
    )
    return [_tool(function, arguments) for function, arguments in tools]


def calculation_arguments(toolkit: Toolkit) -> type[BaseModel]:
    """What `calculate` takes: a benefit out of all, and every slot that one of them reads, as a text or not at all."""
    benefits = toolkit.list_benefits().benefits
    readers: dict[str, list[str]] = {}
    slots = {slot.id: slot for benefit in benefits for slot in benefit.slots}
    for benefit in benefits:
        for slot in benefit.slots:
            readers.setdefault(slot.id, []).append(benefit.id)
    titles = _BETWEEN.join(f"{benefit.id} {benefit.title}" for benefit in benefits)
    kinds: Any = Literal[tuple(benefit.id for benefit in benefits)]
    fields: dict[str, Any] = {"benefit": (kinds, Field(description=_tell("calculate_benefit", benefits=titles)))}
    for name, slot in slots.items():
        said = _tell("calculate_slot", label=slot.label, kind=_kind(slot), benefits=" ".join(readers[name]))
        text: Any = Literal[slot.options] if slot.kind == "grade" else Text
        fields[name] = (text, Field(default=None, description=said))
    return create_model("CalculationArguments", __base__=_Given, **fields)


class ClauseRetriever(BaseRetriever):
    """Finds clauses of the document.

    A document's text is the clause, verbatim; its metadata hold its id, the label of its place and the verbatim quote.
    """

    toolkit: SkipValidation[Toolkit]
    limit: int = 5

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        clauses = self.toolkit.search_clauses(query, self.limit).clauses
        return [Document(each.quote, id=each.id, metadata=each.model_dump()) for each in clauses]


class _Desk:
    """The toolkit as functions that tell a model and keep what they told from."""

    def __init__(self, toolkit: Toolkit, warden: Warden | None) -> None:
        self._toolbox, self._warden = toolkit, warden

    def search_clauses(self, query: str, limit: int) -> _Told:
        found = self._toolbox.search_clauses(query, limit)
        return _json(found), found

    def get_measure(self, number: int) -> _Told:
        measure = self._toolbox.get_measure(number)
        return _json(measure), measure

    def list_benefits(self) -> _Told:
        benefits = self._toolbox.list_benefits()
        return _json(benefits, without={"clauses"}), benefits

    def calculate(self, benefit: str, **inputs: str | None) -> _Told:
        given = {slot: text for slot, text in inputs.items() if text is not None}
        result = self._toolbox.calculate(benefit, given)
        self._hold(self._warden.against_inputs(benefit, given) if self._warden else None)
        return _json(result), result

    def ask(self, text: str) -> _Told:
        self._hold(self._warden.against_question(text) if self._warden else None)
        reply = self._toolbox.ask(text)
        told = {"session", "turn", "citations"} | ({"text"} if reply.outcome == "answered" else set())
        return _json(reply, without=told), reply

    @staticmethod
    def _hold(problem: str | None) -> None:
        if problem:
            raise ToolException(problem)


def _tool(function: Callable[..., _Told], arguments: type[BaseModel]) -> BaseTool:
    name = function.__name__

    def call(**given: Any) -> _Told:  # noqa: ANN401 (what arguments there are, the schema says)
        try:
            return function(**given)
        except PolicyBotError as error:
            raise ToolException(str(error)) from error

    return StructuredTool.from_function(
        call,
        name=name,
        description=_tell(name),
        args_schema=arguments,
        response_format="content_and_artifact",
        handle_tool_error=True,
        handle_validation_error=_told_wrong,
    )


def _told_wrong(error: ValidationError | ValidationErrorV1) -> str:
    fields = (".".join(map(str, each["loc"])) for each in error.errors())
    return _tell("broken_call", fields=" ".join(dict.fromkeys(fields)))


def _json(result: BaseModel, without: set[str] | None = None) -> str:
    return result.model_dump_json(exclude=without, exclude_none=True)


def _kind(slot: SlotInfo) -> str:
    match slot.kind:
        case "money":
            return _tell("calculate_money")
        case "rate":
            return _tell("calculate_rate")
        case "count":
            return _tell("calculate_count", unit=slot.unit)
        case "grade":
            return _tell("calculate_grade", options="/".join(slot.options))
