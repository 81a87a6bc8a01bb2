"""Plot geometry: a curve as lines and labels, both axes in ten thousands of yuan."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from bot.web.console.chart import Curve, Point
from bot.web.console.wording import phrase
from calculators.phrases import FEN
from knowledge.money import format_yuan, plain

WIDTH, HEIGHT = 480, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 464, 38, 240
_TEN_THOUSAND = Decimal(10_000)
_MOST_TICKS = 6
_ROUND = (1, 2, 5)
_MOST_LEAD, _UNDER_CAP = Decimal(100), Decimal(42)
_HEADROOM = Decimal("1.12")


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a place of the picture; `anchor` is the side that stays there."""

    x: str
    y: str
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Here(Label):
    """A stated point; its words stand `lead` above it, where no rising curve comes."""

    lead: str = "0"


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture: `line` is the curve as a path, `here` the stated points, `gap` the point that is just not due."""

    title: str
    description: str
    line: str
    across: tuple[Label, ...]
    up: tuple[Label, ...]
    here: tuple[Here, ...]
    cap: Label
    full: Label | None
    threshold: Label | None
    gap: tuple[str, str] | None
    base: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """Sums as places of the picture."""

    end: Decimal
    top: Decimal

    def x(self, base: Decimal) -> str:
        return _short(_LEFT + (_RIGHT - _LEFT) * base / self.end)

    def y(self, amount: Decimal) -> str:
        return _short(_BOTTOM - (_BOTTOM - _TOP) * amount / self.top)

    def here(self, point: Point) -> Here:
        place, side = self.y(point.amount), self.side(point.base)
        room = Decimal(place) - Decimal(self.y(self.top / _HEADROOM)) - _UNDER_CAP
        lead = max(Decimal(0), min(_MOST_LEAD, room)) if side == "start" else Decimal(0)
        return Here(self.x(point.base), place, _shown(point), side, _short(lead))

    def side(self, base: Decimal) -> str:
        return "start" if base * 2 < self.end else "end"


def plot(curve: Curve, title: str, base: str) -> Plot:
    """The picture of a benefit (its title) against a slot (its label)."""
    frame = _Frame(curve.end, curve.cap.amount * _HEADROOM)
    begins = curve.threshold
    apart = begins is None or begins.first != curve.cap
    limit = phrase("calc_chart_cap", amount=format_yuan(curve.cap.amount))
    return Plot(
        title=phrase("calc_chart_title", title=title, base=base),
        description="".join(_describe(curve, base)),
        line=" ".join(_line(curve, frame)),
        across=tuple(Label(frame.x(sum_), str(_BOTTOM), _scaled(sum_)) for sum_ in _ticks(frame.end)),
        up=tuple(Label(str(_LEFT), frame.y(sum_), _scaled(sum_)) for sum_ in _ticks(frame.top)),
        here=tuple(frame.here(point) for point in dict.fromkeys(curve.here)),
        cap=Label(str(_LEFT), frame.y(curve.cap.amount), limit),
        full=_mark(frame, curve.cap.base, "calc_chart_full") if apart else None,
        threshold=_mark(frame, begins.limit, "calc_chart_above" if begins.above else "calc_chart_from")
        if begins
        else None,
        gap=(frame.x(begins.limit), frame.y(Decimal(0))) if begins and begins.above else None,
        base=base,
    )


def _mark(frame: _Frame, base: Decimal, key: str) -> Label:
    return Label(frame.x(base), str(_BOTTOM), phrase(key, amount=format_yuan(base)), frame.side(base))


def _describe(curve: Curve, base: str) -> Iterator[str]:
    if begins := curve.threshold:
        key = "calc_chart_says_above" if begins.above else "calc_chart_says_from"
        yield phrase(key, base=base, amount=format_yuan(begins.limit))
    full, most = format_yuan(curve.cap.base), format_yuan(curve.cap.amount)
    if begins is None or begins.first != curve.cap:
        yield phrase("calc_chart_says_cap", base=base, amount=full, most=most)
    else:
        yield phrase("calc_chart_says_most", most=most)
    for point in curve.here:
        yield phrase("calc_chart_says_here", base=base, amount=_whole(point.base), due=_whole(point.amount))


def _line(curve: Curve, frame: _Frame) -> Iterator[str]:
    for number, piece in enumerate(curve.pieces):
        for point in (piece.first, piece.last):
            yield f"{'L' if number or point is piece.last else 'M'}{frame.x(point.base)},{frame.y(point.amount)}"


def _ticks(end: Decimal) -> Iterator[Decimal]:
    """Round sums from zero to the end, few enough to be read."""
    scale = Decimal(10) ** (end.adjusted() - 1)
    step = next(s for s in (scale * r * t for t in (1, 10, 100) for r in _ROUND) if end / s <= _MOST_TICKS)
    yield from (step * number for number in range(int(end / step) + 1))


def _scaled(amount: Decimal) -> str:
    return plain(amount / _TEN_THOUSAND)


def _shown(point: Point) -> str:
    return phrase("calc_chart_here", base=_whole(point.base), amount=_whole(point.amount))


def _whole(amount: Decimal) -> str:
    """A sum cut to the fen."""
    return format_yuan(amount.quantize(FEN, ROUND_DOWN))


def _short(place: Decimal) -> str:
    return plain(place.quantize(Decimal("0.1")))
