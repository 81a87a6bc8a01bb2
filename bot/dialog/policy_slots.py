"""The benefits of a policy with their slots: which a message is about, and what each of them can take."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from bot.dialog import thresholds
from bot.dialog.annotation import Annotations
from bot.dialog.extraction import COUNTS, GROWTH_ROLES, LEVELS, LIKE_A_TITLE, NEAR, PUT_IN, SHORT, YEAR_ROLES, scaled
from bot.dialog.slots import SlotValue, inputs_of
from bot.dialog.state import State
from bot.nlu.names import Mention, PhraseMatcher, load_names
from bot.nlu.quantities import Quantity, QuantityReader
from bot.nlu.reading import BENEFIT, SUBJECT, Reading
from bot.nlu.roles import Figure
from bot.nlu.sentence_parts import part_around
from calculators.calculation import NeedsSlots
from calculators.counts import Count
from calculators.growth import GrowthBase
from calculators.inputs import Inputs
from calculators.phrases import depends_on
from calculators.registry import Calculator
from knowledge.library import Dossier
from knowledge.numerals import ONE, PERSON, SENTENCE_MARKS, TEN_THOUSAND, THING, YEAR

_UNQUOTED = str.maketrans(dict.fromkeys("\u300c\u300d\u300e\u300f\u201c\u201d\"'"))


class PolicySlots:
    """What is asked of the benefits and slots of one policy."""

    def __init__(self, dossier: Dossier, calculator: Calculator, annotations: Annotations) -> None:
        """Keep the slots by what they are for."""
        self.dossier, self.calculator, self._annotations = dossier, calculator, annotations
        self.stated = frozenset(annotations.attributes)
        grades = dossier.lexicon.grades
        self._grades = {slot: PhraseMatcher(names) for slot, names in grades.items()}
        rules = calculator.rules.values()
        self.growth: GrowthBase | None = next((r.growth for r in rules if r.growth), None)
        self.growing = tuple(b for b, r in calculator.rules.items() if r.growth)
        self._each = load_names().each
        self._years = PhraseMatcher(load_names().years)
        self._labels = PhraseMatcher({label: (label,) for label in load_names().applicant_labels})
        self._another_words = PhraseMatcher({"another": load_names().another})
        self._applicants = tuple(word for words in dossier.lexicon.audiences.values() for word in words)
        self._on_top_words = PhraseMatcher({"on_top": load_names().on_top})
        texts = (clause.text for clause in dossier.policy.sentences)
        reader = QuantityReader(load_names().quantities)
        self._printed = {q.value for text in texts for q in reader.read(text) if q.kind == "money"}
        spent = {self.growth.current} if self.growth else set()
        self._growing_names = {f"base:{name}" for name, b in dossier.lexicon.bases.items() if b.slot in spent}
        public = {slot.difference_of[1] for slot in dossier.slots.values() if slot.difference_of}
        self._public_names = {f"base:{name}" for name, b in dossier.lexicon.bases.items() if b.slot in public}
        self._growing_names |= {f"{kind}:{benefit}" for benefit in self.growing for kind in ("weak", BENEFIT)}

    def with_companions(self, benefits: Iterable[str]) -> tuple[str, ...]:
        """The benefits with those that are always answered together with them, in the order of the policy."""
        wanted = set(benefits)
        known = self.dossier.benefits
        return tuple(b for b in known if b in wanted or set(known[b].companions) & wanted)

    def is_award(self, reading: Reading, play: tuple[str, ...]) -> bool:
        """Whether the only sum of a message can be an award of one of the benefits."""
        value = self.lone_sum(reading, State())
        return value is not None and value <= max((self.calculator.rule(b).most for b in play), default=Decimal(0))

    def lone_sum(self, reading: Reading, state: State) -> Decimal | None:
        """The only sum of a message, in yuan."""
        sums = [f.quantity for f in reading.figures if f.quantity.kind in ("money", "bare")]
        return scaled(sums[0], in_wan=True) if sums else None

    def states(self, topic: str, ask: str) -> bool:
        """Whether a clause on the topic states an attribute."""
        benefit = self.dossier.benefits.get(topic)
        prefix = topic.rpartition(".")[0]
        under = [c.id for c in self.dossier.policy.sentences if c.id.rpartition(".")[0] == prefix]
        places = benefit.clauses if benefit else under if topic.endswith(".0") else (topic,)
        return any(self._annotations.states(place, ask) for place in places)

    def asks_rate(self, benefit: str, rates: set[Decimal]) -> bool:
        """Whether one of the rates is the one that the benefit asks for."""
        return getattr(self.calculator.rule(benefit), "growth_above", None) in rates

    def companions(self, benefits: tuple[str, ...]) -> bool:
        """Whether these benefits are always answered together."""
        return len(benefits) == len(self.with_companions(benefits[:1]))

    @staticmethod
    def asks_titles(text: str) -> bool:
        """Whether titles are meant."""
        return any(word in text for word in load_names().listed["titles"])

    @staticmethod
    def asks_highest(text: str) -> bool:
        """Whether the largest of several things is meant."""
        return any(word in text for word in load_names().listed["highest"])

    @staticmethod
    def is_bare(reading: Reading) -> bool:
        """Whether a message is little more than the name of a thing."""
        named = sum(m.end - m.start for m in reading.mentions if m.id.startswith((BENEFIT, SUBJECT)))
        return bool(named) and len(reading.text.strip(SENTENCE_MARKS)) - named <= NEAR // 2

    def clauses_named(self, reading: Reading) -> set[str]:
        """Clauses on the subjects that are called by a name."""
        subjects = self.dossier.lexicon.subjects
        return {self.dossier.clause_id(p) for name in reading.names(SUBJECT) for p in subjects[name].clauses}

    def depends_on(self, slots: tuple[str, ...]) -> str:
        """A sentence that says which inputs still decide."""
        return depends_on(self.dossier.slots[slot].label for slot in slots)

    def is_ready(self, benefit: str, text: str) -> bool:
        """Whether a benefit can be computed from the grades that a text gives, and nothing else."""
        inputs = Inputs({slot: mention.id for slot, mention in self.grades(text, benefit)})
        return not isinstance(self.calculator.calculate(benefit, inputs), NeedsSlots)

    def is_known(self, benefit: str, values: tuple[SlotValue, ...]) -> bool:
        """Whether what was said is enough to compute a benefit."""
        return not isinstance(
            self.calculator.calculate(benefit, inputs_of(values, benefit, self.calculator)), NeedsSlots
        )

    def printed_counts(self, benefit: str, values: Iterable[SlotValue]) -> tuple[SlotValue, ...]:
        """The counts that the clause prints (for two years running) where these values hold no other."""
        stated = {value.slot for value in values if value.benefit in (None, benefit)}
        counts: tuple[Count, ...] = getattr(self.calculator.rule(benefit), "counts", ())
        printed = ((count.slot, count.limit) for count in counts if count.slot not in stated)
        return tuple(SlotValue(slot, limit, benefit) for slot, limit in printed if limit is not None)

    def benefits_by_role(self, reading: Reading, named: Sequence[str], state: State) -> tuple[str, ...]:
        """Benefits that are not named and that the roles of the figures point to."""
        roles = {figure.role for figure in self.spending(reading)}
        levels = roles & (GROWTH_ROLES - {"further", "monthly"})
        growing = set(self.growing)
        spoken = any(m.id in self._growing_names for m in reading.mentions)
        meant = growing & set(state.benefits) or spoken or not (named or state.benefits)
        return self.growing[:1] if levels and meant and not growing & set(named) else ()

    def spending(self, reading: Reading) -> tuple[Figure, ...]:
        """The figures; a sum right behind the name of what is spent and a year, or a year beside it, is spending."""
        figures, goes_on = list(reading.figures), False
        roles = {figure.role for figure in figures}
        lacks_now = "before" in roles and not roles & {"now", "rise", "fall", "more", "less", "share_before", "part"}
        for index, figure in enumerate(figures):
            quantity = figure.quantity
            start = max((q.end for q in reading.quantities if q.end <= quantity.start), default=0)
            names = [m for m in reading.mentions if start <= m.start and m.end <= quantity.start]
            spent = [m for m in names if m.id in self._growing_names and quantity.start - m.end <= 1]
            years = [m for m in names if m.id.startswith("year:")]
            named = bool(spent and years and years[-1].end <= spent[-1].start)
            beside = goes_on and bool(years) and years[-1].end == quantity.start
            if quantity.kind == "money" and figure.role == "other" and (named or beside):
                role = YEAR_ROLES[years[-1].id.partition(":")[2]]
                figures[index] = replace(figure, role=role, probability=thresholds.SURELY_COVERED)
            near = any(m.id in self._growing_names and quantity.start - m.end <= NEAR for m in names)
            refers = figure.role == "ref" and figure.probability < thresholds.SURE_TOPIC and lacks_now and near
            if refers and quantity.kind == "money" and quantity.value not in self._printed:
                figures[index] = replace(figure, role="now", probability=thresholds.SURELY_COVERED)
            goes_on = goes_on or (named and figures[index].role in YEAR_ROLES.values())
        return tuple(figures)

    def accepts(self, benefit: str, reading: Reading) -> bool:
        """Whether a benefit has a slot for a figure of the message."""
        roles = {figure.role for figure in reading.figures}
        counts = any(self.slot_for(benefit, role) for role in roles & COUNTS)
        money = bool(roles & (PUT_IN | GROWTH_ROLES)) and self.calculator.primary_money_slot(benefit) is not None
        return counts or money

    def graded(self, reading: Reading, state: State) -> tuple[str, ...]:
        """The benefit of the clauses in hand whose grade the message gives."""
        here = (b for b in self.dossier.benefits.values() if set(b.clauses) & set(state.places))
        return tuple(b.id for b in here if self.grades(reading.text, b.id))[:1]

    def answers(self, reading: Reading, state: State) -> bool:
        """Whether a message gives what the desk has asked for: a grade, or a figure."""
        grade = any(self.grades(reading.text, benefit) for benefit in state.benefits)
        return grade or any(f.role != "ref" for f in reading.figures)

    def names_group(self, text: str) -> bool:
        """Whether a part of the document is called by its title."""
        return self.is_last_part(text) or any(
            shared(group.title, text) >= LIKE_A_TITLE for group in self.dossier.policy.groups
        )

    @staticmethod
    def is_last_part(text: str) -> bool:
        """Whether the last part is meant (the last part, the last block)."""
        last, parts = load_names().positions["-1"], load_names().quantities.part_after
        return any(f"{word}{number}{part}" in text for word in last for number in ("", ONE) for part in parts)

    def names_year(self, reading: Reading) -> bool:
        """Whether any year is named."""
        return bool(self._years.find(reading.text)) or any(q.kind == "year" for q in reading.quantities)

    def turns_to_another(self, reading: Reading) -> bool:
        """Whether a message turns to another applicant, of whom nothing is known yet."""
        if reading.intents["add"] + reading.intents["total"] > thresholds.ROLE:
            return False
        units = load_names().households
        for word in self._another_words.find(reading.text):
            rest = reading.text[word.end :].removeprefix(ONE)
            counted = rest.startswith((*units, *load_names().quantities.classifiers[THING]))
            noun = len(reading.text) - len(rest) + counted
            things = {
                m.start for m in reading.mentions if m.id.startswith(BENEFIT)
            }  # another incubator is no applicant
            if rest[counted:].startswith(self._applicants) and noun not in things:
                return True
            if rest.startswith(units) and reading.with_role(*LEVELS):
                return True
        return False

    def applicant_named(self, reading: Reading) -> str | None:
        """The name that an applicant is given (firm A): a label and a word for an applicant."""
        for label in self._labels.find(reading.text):
            if reading.text[label.end :].startswith(self._applicants):
                return label.id
        return None

    def applicant_by_place(self, reading: Reading) -> int | None:
        """Which of several applicants is meant by an ordinal number (the first one)."""
        ordinal = self.ordinal_said(reading)
        units = [q.unit for q in reading.quantities if q.kind == "count" and q.value == ordinal]
        return ordinal if units and units[0] in load_names().households else None

    def counts_applicants(self, reading: Reading, many: int) -> bool:
        """Whether a message speaks of so many applicants (both firms), or asks which of them."""
        units = load_names().households
        counted = any(q.kind == "count" and q.value == many and q.unit in units for q in reading.quantities)
        return counted or any(f"{word}{unit}" in reading.text for word in load_names().which for unit in units)

    @staticmethod
    def compares_years(reading: Reading) -> bool:
        """Whether a year is set against another: a change is then one from year to year, and not of a plan."""
        marks = load_names().quantities.compared
        years = [m.start for m in reading.mentions if m.id.startswith("year:")]
        years += [q.start for q in reading.quantities if q.kind == "year"]
        compared = any(reading.text[:start].endswith(marks) for start in years)
        spoken = any(m.id in ("year:last", "year:before_last") for m in reading.mentions)
        return compared or spoken or bool(reading.with_role("before", "earlier"))

    @staticmethod
    def is_wan(text: str) -> bool:
        """Whether a unit that was said alone is 10,000 yuan."""
        return TEN_THOUSAND in text or "w" in text.lower()

    @staticmethod
    def ordinal(text: str, many: int) -> int | None:
        """Which of several choices is meant by position (the former, the last)."""
        words = load_names().positions
        found = next((int(place) for place, names in words.items() if any(name in text for name in names)), None)
        return None if found is None else found if found > 0 else many + 1 + found

    @staticmethod
    def ordinal_said(reading: Reading) -> int | None:
        """The only ordinal number of a message."""
        marks = load_names().quantities.ordinal_before
        found = [int(q.value) for q in reading.quantities if reading.text[: q.start].endswith(marks)]
        return found[0] if len(found) == 1 else None

    @staticmethod
    def _is_public(reading: Reading, quantity: Quantity) -> bool:
        """Whether a figure is said of public money: its part of the sentence names who gives it."""
        start, _ = part_around(reading.text, quantity.start, quantity.end)
        return any(word in reading.text[start : quantity.start] for word in load_names().public)

    @staticmethod
    def _is_beside(reading: Reading, figure: Figure) -> bool:
        """Whether a sum is said to stand beside what counts, in its part of the sentence."""
        start, end = part_around(reading.text, figure.quantity.start, figure.quantity.end)
        return any(word in reading.text[start:end] for word in load_names().beside)

    @staticmethod
    def _sums_up(reading: Reading, quantity: Quantity) -> bool:
        """Whether a count only gathers what was named (the two together)."""
        _, end = part_around(reading.text, quantity.start, quantity.end)
        behind = reading.text[quantity.end : min(end, quantity.end + SHORT // 4)]
        return any(word in behind for word in load_names().summing)

    def _is_put_on_top(self, reading: Reading, quantity: Quantity) -> bool:
        """Whether a count stands right behind a word that puts it on top of what is known."""
        return any(0 <= quantity.start - m.end <= NEAR for m in self._on_top_words.find(reading.text))

    def _count_slots(self, play: Iterable[str], role: str) -> list[str]:
        return [slot for slot in (self.slot_for(benefit, role) for benefit in play) if slot]

    def slot_for(self, benefit: str, role: str) -> str | None:
        """The slot of a benefit that a count of this role fills."""
        for slot_id in self.calculator.slot_ids(benefit):
            slot = self.dossier.slots[slot_id]
            if slot.kind == "count" and role == count_role(slot.unit):
                return slot_id
        return None

    def _is_counted_in(self, quantity: Quantity, benefit: str) -> bool:
        """Whether a classifier is one of those in which the benefit counts anything."""
        classifiers = load_names().quantities.classifiers
        units = [self.dossier.slots[slot].unit for slot in self.calculator.slot_ids(benefit)]
        return any(quantity.unit in classifiers.get(unit, ()) for unit in units)

    def number_slot(self, benefit: str) -> str | None:
        """The slot that says how many: persons, else things."""
        return self.slot_for(benefit, "heads") or self.slot_for(benefit, "things")

    def grades(self, text: str, benefit: str) -> tuple[tuple[str, Mention], ...]:
        """Grades that a text gives for a benefit, as (slot, mention) in reading order, each grade once."""
        found: dict[tuple[str, str], Mention] = {}
        text = text.translate(_UNQUOTED)
        alone = text.strip(SENTENCE_MARKS)
        for slot_id in self.calculator.slot_ids(benefit):
            matcher = self._grades.get(slot_id)
            options = self.dossier.slots[slot_id].options
            if matcher is None or "".join(options) in text:
                continue  # all of them in a row: none is given
            bare = (Mention(alone, 0, len(alone), alone),) if alone in options else ()
            for mention in (*bare, *matcher.find(text)):
                found.setdefault((slot_id, mention.id), mention)
        return tuple((slot_id, mention) for (slot_id, _), mention in found.items())


def shared(title: str, text: str) -> float:
    """The share of a title's characters that stand in the text in pairs."""
    pairs = [title[place : place + 2] for place in range(len(title) - 1)]
    return sum(pair in text for pair in pairs) / len(pairs)


def count_role(unit: str) -> str:
    """The role of figures that count in a unit."""
    return "years" if unit == YEAR else "heads" if unit == PERSON else "things"
