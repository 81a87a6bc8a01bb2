"""Features: what the linear models see of a message. Characters in runs, with every quantity masked by its kind."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from bot.nlu.names import Mention
from bot.nlu.quantities import Quantity
from knowledge.numerals import PART_MARKS

Features = dict[str, float]
MASKS = {"money": "M", "rate": "P", "fold": "B", "count": "N", "year": "Y", "measure": "Z", "part": "T", "bare": "D"}
_NAME_MASKS = {"benefit": "\u0391", "subject": "\u0392", "weak": "\u0393", "outside": "\u0394"}
_RUNS = (1, 2, 3, 4)
_NAME_WEIGHT, _CONTEXT_WEIGHT = 0.35, 0.5
_AROUND, _SHORT = 10, 8
_MOST_CHARACTERS = 400
_YEAR_MARK = "Y"


def masked(text: str, quantities: Sequence[Quantity], *, own: Quantity | None = None) -> str:
    """The text in lower case with each quantity replaced by the letter of its kind; calendar years by their order."""
    years = sorted({q.value for q in quantities if q.kind == "year"}, reverse=True)
    parts, place = [], 0
    for quantity in quantities:
        parts.append(text[place : quantity.start].lower())
        mask = MASKS[quantity.kind]
        if quantity.kind == "year":
            mask = f"{_YEAR_MARK}{min(years.index(quantity.value), 3)}"
        parts.append("X" if quantity is own else mask)
        place = quantity.end
    return "".join((*parts, text[place:].lower()))


def of_message(text: str, quantities: Sequence[Quantity], mentions: Sequence[Mention], after: str) -> Features:
    """What decides intent, asked attributes, topics and coverage."""
    plain = masked(text, quantities)
    runs = _runs(plain, _RUNS)
    unnamed = _without_names(text, quantities, mentions)
    runs |= {f"~{run}" for run in _runs(unnamed, _RUNS[1:])}
    weight = 1 / (len(runs) ** 0.5 or 1)
    found = dict.fromkeys(runs, weight)
    for name in {mention.id for mention in mentions if not mention.id.startswith(("year:", "change:"))}:
        found[f"@{name}"] = _NAME_WEIGHT
    found[f">{after}"] = _CONTEXT_WEIGHT
    size = min(len(plain) // _SHORT, 5)
    found[f">{after}{size}"] = _CONTEXT_WEIGHT
    found[f"#{size}"] = _CONTEXT_WEIGHT
    for kind in {quantity.kind for quantity in quantities}:
        found[f"#{kind}"] = _NAME_WEIGHT
    return found


def _runs(plain: str, lengths: Iterable[int]) -> set[str]:
    """All runs of characters of these lengths, with the edges of the text marked."""
    bounded = f"^{plain[:_MOST_CHARACTERS]}$"
    return {bounded[i : i + n] for n in lengths for i in range(len(bounded) - n + 1)}


def _without_names(text: str, quantities: Sequence[Quantity], mentions: Sequence[Mention]) -> str:
    """The text with names of the policy's things and quantities replaced by their kind: what is said around them."""
    spans = [(q.start, q.end, MASKS[q.kind]) for q in quantities]
    named = [
        (m.start, m.end, _NAME_MASKS[m.id.partition(":")[0]]) for m in mentions if m.id.partition(":")[0] in _NAME_MASKS
    ]
    parts, place = [], 0
    for start, end, mask in sorted((*spans, *named)):
        if start >= place:
            parts += [text[place:start].lower(), mask]
            place = end
    return "".join((*parts, text[place:].lower()))


def of_quantity(
    text: str, quantities: Sequence[Quantity], index: int, mentions: Sequence[Mention], after: str
) -> Features:
    """What decides the role of one quantity, but for the role of the one before it (see `with_previous`)."""
    own = quantities[index]
    plain = masked(text, quantities, own=own)
    place = plain.index("X")
    left, right = "^" * 3 + plain[:place], plain[place + 1 :] + "$" * 3
    found: Features = {}
    for n in range(1, 7):
        found[f"l{left[-n:]}"] = 1.0
        found[f"r{right[:n]}"] = 1.0
    near = left[-_AROUND:]
    for n in (2, 3):
        for i in range(len(near) - n + 1):
            found[f"a{near[i : i + n]}"] = 0.6
        behind = right[:_AROUND]
        for i in range(len(behind) - n + 1):
            found[f"b{behind[i : i + n]}"] = 0.6
    segment_start = max((left.rfind(mark) for mark in PART_MARKS), default=-1) + 1
    segment_end = min((place for mark in PART_MARKS if (place := right.find(mark)) >= 0), default=len(right))
    segment = left[segment_start:] + "X" + right[:segment_end]
    for i in range(len(segment) - 1):
        found[f"s{segment[i : i + 2]}"] = 0.5
    for i in range(min(len(plain), _MOST_CHARACTERS) - 1):
        found[f"w{plain[i : i + 2]}"] = 0.25
    found[f"l{left[-1:]}r{right[:1]}"] = 1.0
    found[f"l{left[-2:]}r{right[:2]}"] = 1.0
    kind = own.kind
    found[f"k{kind}"] = 1.0
    found[f"k{kind}u{own.unit}"] = 1.0
    found[f"k{kind}z{_size(own.value)}"] = 0.7
    alike = [q for q in quantities if (q.kind in ("money", "bare")) == (kind in ("money", "bare"))]
    found[f"k{kind}i{min(alike.index(own), 4) if own in alike else 0}n{min(len(alike), 5)}"] = 0.7
    found[f"k{kind}>{after}"] = 1.0
    found[f"k{kind}>{after}n{min(len(quantities), 3)}"] = 0.7
    found |= _of_names(text, quantities, index, mentions)
    return found


def _of_names(text: str, quantities: Sequence[Quantity], index: int, mentions: Sequence[Mention]) -> Features:
    """The names of things and years around a quantity: the nearest on either side, up to its neighbours, and all."""
    own, found = quantities[index], Features()
    kind = own.kind
    others = [q for q in quantities if q.kind not in ("year", "measure", "part")]
    start = max((q.end for q in others if q.end <= own.start), default=0)
    end = min((q.start for q in others if q.start >= own.end), default=len(text))
    years = [(f"year:{_year_order(q, quantities)}", q.start, q.end) for q in quantities if q.kind == "year"]
    years += [(m.id, m.start, m.end) for m in mentions if m.id.startswith("year:")]
    changes = [(m.id, m.start, m.end) for m in mentions if m.id.startswith("change:")]
    things = [(m.id, m.start, m.end) for m in mentions if not m.id.startswith(("year:", "change:"))]
    found[f"k{kind}{'-' if own.value < 0 or own.doubt == 'negative' else '+'}"] = 1.0
    for sort, named in (("y", years), ("c", changes), ("t", things)):
        before = [n for n in named if n[2] <= own.start]
        behind = [n for n in named if n[1] >= own.end]
        close = [n[0] for n in before if n[1] >= start]
        found[f"{sort}<{close[-1] if close else '-'}"] = 1.5
        found[f"{sort}<k{kind}{max(before, key=lambda n: n[1])[0] if before else '-'}"] = 1.0
        near = [n[0] for n in behind if n[2] <= end]
        found[f"{sort}>{near[0] if near else '-'}"] = 1.5
        found[f"{sort}<>{close[-1] if close else '-'}{near[0] if near else '-'}"] = 1.5
        for name in {n[0] for n in named}:
            found[f"{sort}k{kind}@{name}"] = 0.7
    return found


def with_previous(features: Features, previous: str, between: str) -> Features:
    """The features with the role of the quantity before, and the words between."""
    return {
        **features,
        f"p{previous}": 1.0,
        f"p{previous}k{next((name for name in features if name.startswith('k')), '')}": 0.7,
        f"p{previous}t{between[-4:]}": 0.7,
    }


def _year_order(year: Quantity, quantities: Sequence[Quantity]) -> int:
    years = sorted({q.value for q in quantities if q.kind == "year"}, reverse=True)
    return years.index(year.value)


def _size(value: Decimal) -> int:
    return len(str(int(abs(value)))) if value.is_finite() and abs(value) < 10**12 else 13
