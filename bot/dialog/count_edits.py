"""Edits of counts: one more, one less, one of several, some of them only; set against what is known already."""

from collections.abc import Sequence

from bot.dialog import thresholds
from bot.dialog.extraction import Doubt, Extraction
from bot.dialog.policy_slots import PolicySlots
from bot.dialog.slots import SlotValue
from bot.dialog.state import State
from bot.nlu.names import load_names
from bot.nlu.quantities import Quantity
from bot.nlu.reading import BENEFIT, Reading
from knowledge.numerals import AT_LEAST

Counted = tuple[Quantity, int]
_ONE_OF_THEM = ("\u90a3", "\u8fd9")  # that, this
_OTHER = ("\u53e6\u4e00", "\u53e6\u5916\u4e00", "\u7b2c\u4e8c")  # the other, another one, the second


class CountEdits(PolicySlots):
    """Applies what a message changes to the number of things or persons of a benefit."""

    def known_number(self, state: State, benefit: str) -> int | None:
        """How many are known of a benefit; where none was said, what the clause takes for granted."""
        slot = self.number_slot(benefit)
        known = [v.value for v in state.values if (v.slot, v.benefit) == (slot, benefit) and not v.group]
        if known and isinstance(known[-1], int):
            return known[-1]
        grouped = [v.value for v in state.values if (v.slot, v.benefit) == (slot, benefit) and isinstance(v.value, int)]
        if grouped:
            return sum(grouped)
        default = self.dossier.slots[slot].default if slot else None
        return default if benefit in state.settled and isinstance(default, int) else None

    def _edited(
        self, reading: Reading, state: State, benefit: str, counts: Sequence[Counted], out: Extraction
    ) -> list[int]:
        """The numbers that result: of one more, of some less, of those that remain; else those that are said."""
        known, said = self.known_number(state, benefit), [number for _, number in counts]
        if len(said) == 2 and said[1] > said[0] and self._is_total(reading, counts[1][0]):
            return said[1:]
        totals = [f.quantity for f in reading.with_role("other") if f.quantity.kind == "count"]
        totals = [q for q in totals if self._is_total(reading, q) and self._is_counted_in(q, benefit)]
        alone = set(state.benefits) <= set(self.with_companions((benefit,)))
        if alone and len(said) == len(totals) == 1 and totals[0].value == said[0] + (known or 1):
            return [int(totals[0].value)]  # one more, and so many in all
        if known is None or benefit not in self._edited_benefits(reading, state):
            return said
        adds, removes = reading.intents["add"], reading.intents["remove"]
        if self._is_on_top(reading, counts) and reading.intent in ("suppose", "add"):
            adds = 1.0
        if self._is_taken_off(reading, counts) and reading.intent in ("suppose", "remove", "correct", "compute"):
            removes = 1.0
        taken_for_granted = benefit not in {v.benefit for v in state.values if v.slot == self.number_slot(benefit)}
        if taken_for_granted and len(said) == 1 and said[0] > 1:
            return said  # we have two of these: one was never said
        changes = adds + removes + reading.intents["correct"] + reading.intents["suppose"] > thresholds.ROLE
        if len(said) == 2 and (said[1] == known + said[0] or (changes and said[1] == known - said[0])):
            return said[1:]  # so many more, or less, and so many in all
        if len(said) == 2 and said[1] < said[0] == known:
            return said[1:]  # of those that are known, some
        if len(said) == 1 and adds > thresholds.ROLE and not self._sums_up(reading, counts[0][0]):
            if said[0] > 1 and adds < thresholds.SURELY_COVERED:
                slot = self.number_slot(benefit) or ""
                readings = (SlotValue(slot, said[0], benefit), SlotValue(slot, known + said[0], benefit))
                out.doubts.append(Doubt("another", counts[0][0].text, readings))
            return [known + said[0]]
        if len(said) == 1 and removes > thresholds.ADDS and said[0] < known:
            return [known - said[0]]
        return [known - 1] if self._loses_one(reading, benefit, known, said) else said

    def _is_total(self, reading: Reading, quantity: Quantity) -> bool:
        """Whether a count gathers all that was named before it, and no name of its own stands at it."""
        named = any(m.end == quantity.start and m.id.startswith((BENEFIT, "weak")) for m in reading.mentions)
        return self._sums_up(reading, quantity) and not named

    def _is_on_top(self, reading: Reading, counts: Sequence[Counted]) -> bool:
        """Whether the only count stands right behind a word that puts it on top of what is known."""
        return len(counts) == 1 and self._is_put_on_top(reading, counts[0][0])

    @staticmethod
    def _is_taken_off(reading: Reading, counts: Sequence[Counted]) -> bool:
        """Whether the only count stands right behind a word for less."""
        downs = [m for m in reading.mentions if m.id == "change:down"]
        ends = {m.end for m in downs if not reading.text[: m.start].endswith(AT_LEAST)}
        return len(counts) == 1 and counts[0][0].start in ends

    def loses_some(self, reading: Reading, state: State) -> tuple[str, ...]:
        """The benefits of which one or some are taken away, and not all."""
        found = []
        for benefit in self._edited_benefits(reading, state):
            known = self.known_number(state, benefit)
            heads = [f for f in reading.figures if f.role in ("heads", "things", "less") and f.quantity.kind == "count"]
            said = [int(f.quantity.value) for f in heads]
            if known and (any(number < known for number in said) or self._loses_one(reading, benefit, known, said)):
                found.append(benefit)
        return tuple(found)

    def _loses_one(self, reading: Reading, benefit: str, known: int, said: Sequence[int]) -> bool:
        """Whether one of several is taken away, by its position or as the one that was spoken of."""
        if said or known < 2 or reading.intents["remove"] <= thresholds.ROLE:
            return False
        one = self.one_of_them(reading, benefit)
        return one or self.ordinal_said(reading) is not None or self.ordinal(reading.text, known) is not None

    def one_of_them(self, reading: Reading, benefit: str) -> bool:
        """Whether a message speaks of one that was spoken of (that one, the other one)."""
        return self._has(reading, benefit, (*_ONE_OF_THEM, *_OTHER[:2]))

    def of_another(self, reading: Reading, benefit: str) -> bool:
        """Whether a message speaks of another one, beside the one that was spoken of."""
        return self._has(reading, benefit, _OTHER)

    def _has(self, reading: Reading, benefit: str, words: Sequence[str]) -> bool:
        slot = self.number_slot(benefit)
        units = load_names().quantities.classifiers[self.dossier.slots[slot].unit] if slot else ()
        return any(f"{word}{unit}" in reading.text for word in words for unit in units)

    def _edited_benefits(self, reading: Reading, state: State) -> tuple[str, ...]:
        """The benefits whose numbers a message can edit: those that it names, else the one in hand."""
        named = tuple(dict.fromkeys((*reading.names(BENEFIT), *reading.about)))
        named = tuple(b for b in named if b in self.dossier.benefits)
        return tuple(b for b in (named or state.benefits) if self.number_slot(b))
