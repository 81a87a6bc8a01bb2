"""Checks of examples beyond their form: figures that are no figure, roles that cannot be, lines that stand twice."""

from collections.abc import Iterable, Iterator

from bot.nlu.examples import GENERAL, OF_A_POLICY, Example, read_examples
from bot.nlu.names import load_names
from bot.nlu.normalization import normalise
from bot.nlu.quantities import Quantity, QuantityReader
from bot.nlu.roles import _fitting, is_figure
from knowledge.errors import PolicyFolderError
from knowledge.library import Dossier


def example_mistakes(dossier: Dossier) -> tuple[PolicyFolderError, ...]:
    """Everything that is wrong with the examples of a policy and with the general ones, by file and line."""
    sheets = [read_examples(folder, dossier) for folder in (GENERAL, dossier.folder / OF_A_POLICY)]
    examples = [example for sheet in sheets for example in sheet.examples]
    reader = QuantityReader(load_names().quantities)
    found = [mistake for sheet in sheets for mistake in sheet.mistakes]
    found += [_mistake(example, problem) for example in examples for problem in figure_problems(example, reader)]
    found += repeated(examples)
    return tuple(sorted(found, key=lambda mistake: (str(mistake.path), mistake.line or 0)))


def figure_problems(example: Example, reader: QuantityReader) -> Iterator[str]:
    """What is wrong with the marked figures of an example. A unit may stand behind the brackets, another figure not."""
    plain, spans = example.parsed
    if not spans:
        return
    quantities = reader.read(normalise(plain))
    marked: dict[int, str] = {}
    for span in spans:
        words = plain[span.start : span.end]
        start, end = len(normalise(plain[: span.start])), len(normalise(plain[: span.end]))
        inside = [n for n, quantity in enumerate(quantities) if start < quantity.end and quantity.start < end]
        if len(inside) != 1:
            read = ", ".join(repr(quantities[n].text) for n in inside) or "none"
            yield f"the brackets [{words}]({span.role}) hold {len(inside)} figures ({read}); mark exactly one"
        elif inside[0] in marked:
            yield f"[{marked[inside[0]]}] and [{words}] are read as one figure {quantities[inside[0]].text!r}"
        else:
            marked[inside[0]] = words
            yield from _role_problem(quantities[inside[0]], words, span.role)


def _role_problem(quantity: Quantity, words: str, role: str) -> Iterator[str]:
    if not is_figure(quantity):
        yield f"[{words}]({role}) is read as a {quantity.kind}, which has no role"
    elif role not in _fitting(quantity):
        unit = f" of {quantity.unit!r}" if quantity.unit else ""
        yield f"[{words}]({role}) is read as {quantity.text!r}, a {quantity.kind}{unit}, which can never be {role}"


def repeated(examples: Iterable[Example]) -> Iterator[PolicyFolderError]:
    """Lines that say, after the same thing, what an earlier line says."""
    seen: dict[tuple[str, str], Example] = {}
    for example in examples:
        key = (normalise(example.parsed[0]), example.after)
        first = seen.setdefault(key, example)
        if first is not example:
            with_what = "" if _labels(first) == _labels(example) else ", there with other labels"
            yield _mistake(example, f"{example.said!r} stands in {first.path.name}:{first.line}, too{with_what}")


def _labels(example: Example) -> tuple[object, ...]:
    roles = tuple(span.role for span in example.parsed[1])
    return (example.intent, frozenset(example.ask), frozenset(example.about), example.covered, roles)


def _mistake(example: Example, problem: str) -> PolicyFolderError:
    return PolicyFolderError(example.path, example.line, problem)
