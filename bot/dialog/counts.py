"""Counts and grades: how many of what, in one or several groups."""

from bot.dialog.fills import Context, Fill, Gathering
from bot.dialog.frame import Part, parts_of
from bot.dialog.quantities import Quantity
from bot.dialog.understanding import STRONG, Understanding
from bot.dialog.vocabulary import Matcher, Mention, Vocabulary, ending_in, matcher
from calculators.registry import Calculator
from knowledge.benefit import Slot
from knowledge.library import Dossier
from knowledge.numerals import SENTENCE_MARKS, YEAR

_MOST_COUNT = 10**4
_NOUN_WITHIN, _NAME_WITHIN = 10, 4


class CountFiller:
    """Fills count and grade slots of one policy's benefits."""

    def __init__(self, dossier: Dossier, calculator: Calculator, vocabulary: Vocabulary) -> None:
        """Keep the words around counts."""
        self.dossier, self.calculator, self.vocabulary = dossier, calculator, vocabulary
        self._one_each = matcher(vocabulary.one_each)
        self._negated = ending_in(vocabulary.negated)
        self._not_counted = matcher(vocabulary.not_counted)

    def take(self, understood: Understanding, context: Context, out: Gathering) -> None:
        """Counts first, then grades, which may take counts of their own."""
        self._take_counts(understood, context, out)
        self._take_grades(understood, context, out)

    def _take_counts(self, understood: Understanding, context: Context, out: Gathering) -> None:
        for benefit in context.benefits:
            slots = [s for s in self.calculator.slot_ids(benefit) if self.dossier.slots[s].kind == "count"]
            found = {slot: self._matching(understood, context, benefit, slot) for slot in slots}
            if any(value < 0 for values in found.values() for value in values):
                out.doubts.append(("negative_count", ""))
            else:
                self._put_counts(understood, benefit, found, out)

    def _put_counts(
        self, understood: Understanding, benefit: str, found: dict[str, tuple[int, ...]], out: Gathering
    ) -> None:
        """Several counts with as many years are groups; several years without are asked back."""
        years = {slot: values for slot, values in found.items() if self.dossier.slots[slot].unit == YEAR}
        heads = {slot: values for slot, values in found.items() if slot not in years}
        spans = max(map(len, years.values()), default=0)
        parts = {slot: _parts(values, spans) for slot, values in heads.items()}
        grouped = len(found) > 1 and max(map(len, parts.values()), default=0) > 1
        if not grouped and any(len(set(values)) > 1 for values in years.values()):
            out.doubts.append(("groups", ""))
            return
        groups = max(map(len, parts.values()), default=0)
        for slot, values in (*parts.items(), *years.items()):
            if grouped and len(values) == groups:
                out.put_groups(slot, benefit, values)
            elif values and slot in years:
                out.put(Fill(slot, values[0], benefit))
            elif values:
                names = {m.text for m in understood.topics if m.id == f"{STRONG}:{benefit}"}
                each = len(values) == 1 and bool(names) and understood.text in self._one_each
                out.put(Fill(slot, sum(values) * (len(names) if each else 1), benefit))

    def _matching(self, understood: Understanding, context: Context, benefit: str, slot_id: str) -> tuple[int, ...]:
        """The counts of a message that fit a slot, in order."""
        slot = self.dossier.slots[slot_id]
        expected = slot.default is None or slot_id in {context.pending, *(fill.slot for fill in context.known)}
        alone = len(context.benefits) == 1 and not understood.benefits
        free = alone or (expected and (len(context.benefits) == 1 or not understood.benefits))
        found = []
        for quantity in understood.quantities:
            if self._counts(understood, quantity, benefit, slot, free=free):
                found.append(-int(quantity.value) if quantity.doubt else int(quantity.value))
        return tuple(found)

    def _counts(self, understood: Understanding, quantity: Quantity, benefit: str, slot: Slot, *, free: bool) -> bool:
        whole = quantity.value == quantity.value.to_integral_value() and quantity.value < _MOST_COUNT
        if quantity.kind == "bare" and whole:
            return free and len(understood.quantities) == 1
        if quantity.kind != "count" or not whole or quantity.doubt == "vague":
            return False
        if quantity.unit not in self.vocabulary.quantities.classifiers[slot.unit]:
            return False
        if self._negated.search(understood.text[: quantity.start]):
            return False
        if self._is_other_count(understood, quantity):
            return False
        if slot.unit == YEAR:
            return self._last_named(understood, quantity) in (None, benefit)
        if free or self._only_count(understood, quantity):
            return True
        behind = understood.text[quantity.end : quantity.end + _NAME_WITHIN + 2]
        named = any(noun in behind for noun in self.vocabulary.counted.get(slot.unit, ()))
        return (named and quantity.value > 1) or self.names(understood, quantity, benefit)

    @staticmethod
    def _last_named(understood: Understanding, quantity: Quantity) -> str | None:
        """The benefit named last before a quantity, if any is."""
        named = [
            m.id.partition(":")[2] for m in understood.topics if m.id.startswith(STRONG) and m.start < quantity.start
        ]
        return named[-1] if named else None

    def names(self, understood: Understanding, quantity: Quantity, benefit: str) -> bool:
        """Whether the name of the benefit stands beside the count, in the same part of the sentence."""
        part = self._part(understood, quantity)
        named = [m for m in understood.topics if m.id.startswith(STRONG) and part.start <= m.start < part.end]
        behind = [m for m in named if 0 <= m.start - quantity.end <= _NOUN_WITHIN]
        before = [m for m in named if 0 <= quantity.start - m.end <= _NAME_WITHIN]
        beside = behind[:1] or before[-1:]
        return any(mention.id == f"{STRONG}:{benefit}" for mention in beside)

    def _only_count(self, understood: Understanding, quantity: Quantity) -> bool:
        """Whether the message names one benefit and gives one number, behind which stands no thing of its own."""
        behind = understood.text[quantity.end :].lstrip(SENTENCE_MARKS)
        of_nothing_else = not behind or behind.startswith((*self.vocabulary.summing, *self.vocabulary.function_words))
        alone = len(understood.quantities) == 1 and len(understood.benefits) == 1
        return alone and quantity.value > 1 and of_nothing_else

    def _is_other_count(self, understood: Understanding, quantity: Quantity) -> bool:
        """Whether the count is of staff, patents, years since founding and the like, or only sums up."""
        part = self._part(understood, quantity)
        before = understood.text[max(part.start, quantity.start - _NOUN_WITHIN) : quantity.start]
        behind = understood.text[quantity.end : min(part.end, quantity.end + _NAME_WITHIN)]
        spans_years = quantity.unit in self.vocabulary.counted[YEAR]
        alone = len(understood.quantities) == 1
        sums_up = not (spans_years or alone) and any(behind.startswith(word) for word in self.vocabulary.summing)
        return (
            before in self._not_counted
            or behind in self._not_counted
            or sums_up
            or self._is_inside(understood, quantity)
        )

    def _is_inside(self, understood: Understanding, quantity: Quantity) -> bool:
        """Whether it counts what is inside of the thing named right before: firms in an incubator."""
        before = understood.text[: quantity.start]
        word = next((word for word in self.vocabulary.inside if before.endswith(word)), None)
        end = len(before) - len(word or "")
        named = any(mention.end == end for mention in understood.topics)
        behind = understood.text[quantity.end : quantity.end + _NAME_WITHIN]
        return word is not None and named and not any(behind.startswith(m.text) for m in understood.topics)

    @staticmethod
    def _part(understood: Understanding, quantity: Quantity) -> Part:
        parts = parts_of(understood.text, understood.quantities)
        return next(part for part in parts if part.start <= quantity.start < part.end)

    def grades(self, understood: Understanding, benefit: str) -> tuple[tuple[str, Mention], ...]:
        """Grades that the message gives for a benefit, as (slot, mention) in reading order, each grade once.

        The bare grade counts where it is the whole message; within a sentence its character may mean anything.
        """
        found: dict[tuple[str, str], Mention] = {}
        alone = understood.text.strip(SENTENCE_MARKS)
        for slot_id in self.calculator.slot_ids(benefit):
            names = self.dossier.lexicon.grades.get(slot_id, {})
            if names and "".join(self.dossier.slots[slot_id].options) in understood.text:
                continue  # all of them in a row: none is given
            bare = (Mention(alone, 0, len(alone), alone),) if alone in names else ()
            for mention in (*bare, *Matcher(names).find(understood.text)):
                found.setdefault((slot_id, mention.id), mention)
        return tuple((slot_id, mention) for (slot_id, _), mention in found.items())

    def _take_grades(self, understood: Understanding, context: Context, out: Gathering) -> None:
        for benefit in context.benefits:
            found = self.grades(understood, benefit)
            if len(found) > 1:
                out.put_groups(found[0][0], benefit, tuple(mention.id for _, mention in found))
                counts = tuple(self._count_before(understood, mention) for _, mention in found)
                slots = [s for s in self.calculator.slot_ids(benefit) if self.dossier.slots[s].kind == "count"]
                if slots and all(counts):
                    out.put_groups(slots[0], benefit, counts)
            elif found:
                out.put(Fill(found[0][0], found[0][1].id, benefit))

    @staticmethod
    def _count_before(understood: Understanding, mention: Mention) -> int:
        """The count right before a grade (two got the lower one); 0 where there is none."""
        counts = [q for q in understood.quantities if q.kind == "count" and q.start < mention.start <= q.end + 2]
        return int(counts[-1].value) if counts else 0


def _parts(counts: tuple[int, ...], spans: int) -> tuple[int, ...]:
    """Counts without a total that stands before its parts (two: one of this kind, one of that).

    The parts are kept where each has its own number of years (`spans` of them), else only the total.
    """
    total, parts = counts[:1], counts[1:]
    if len(parts) > 1 and total[0] == sum(parts):
        return parts if len(parts) == spans else total
    return counts
