"""Listings: questions over the whole document, answered from its structure and never from the few best hits."""

from collections.abc import Callable
from dataclasses import replace

from bot.dialog.actions import ListPlaces, Measures
from bot.dialog.annotation import figures_of
from bot.dialog.policy_slots import PolicySlots, shared
from bot.dialog.quotation import QuotationHandler
from bot.dialog.reply import QuotedAnswer, Remark, Reply
from bot.dialog.state import State
from bot.nlu.names import PhraseMatcher, load_names
from bot.nlu.quantities import QuantityReader
from bot.nlu.reading import Reading
from calculators.registry import Calculator
from knowledge.citation import Citation
from knowledge.library import Dossier
from knowledge.policy import Clause, Group

Answer = tuple[Reply, State]
_LEAST_TERM, _SHORT_TERM = 3, 2
_LIKE_A_TITLE = 0.55
_CUT = "\n"
_MOST_PLACES = 24


class ListingHandler:
    """Lists and compares places of one policy."""

    def __init__(self, dossier: Dossier, calculator: Calculator, quotation: QuotationHandler) -> None:
        """Gather what a listing can be sorted by."""
        self.dossier, self.calculator, self.quotation = dossier, calculator, quotation
        self.sentences = dossier.policy.sentences
        self._paid = {clause for benefit in dossier.benefits.values() for clause in benefit.clauses}
        self._kinds = PhraseMatcher(load_names().listed)
        reader = QuantityReader(load_names().quantities)
        self._figures = {c.id: {(q.kind, q.value) for q in reader.read(c.text)} for c in self.sentences}

    def measures(self, action: Measures, reading: Reading, state: State) -> Answer:
        """Measures and parts named by number, and steps to the next or previous one."""
        if action.step and state.measure:
            return self._measures((state.measure + action.step,), reading, state)
        group = self._group(reading)
        if group is not None and not reading.measures:
            return self._listed("listed_group", [self.dossier.cite(m.clauses[0].id) for m in group.measures], state)
        return self._measures(reading.measures, reading, state)

    def _measures(self, numbers: tuple[int, ...], reading: Reading, state: State) -> Answer:
        known = [number for number in numbers if number in self.dossier.policy.measures]
        if not known:
            extent = self.dossier.cite_fact(self.dossier.facts.extent)
            return self.quotation.not_covered("no_measure", state, (extent,))
        citations: list[Citation] = []
        for number in known:
            clauses = self.dossier.policy.measures[number].clauses
            paid = [clause for clause in clauses if clause.id in self._paid]
            wanted = paid if len(known) > 1 and "amount" in reading.asked else []
            citations += [self.dossier.cite(clause.id) for clause in wanted or clauses]
        reply, state = self._listed("quoted" if len(known) == 1 else "compared", citations, state)
        return reply, replace(state, measure=known[-1], topics=tuple(c.clause.id for c in citations[:1]))

    def _group(self, reading: Reading) -> Group | None:
        groups = self.dossier.policy.groups
        for number in reading.parts:
            if 0 < number <= len(groups):
                return groups[number - 1]
        if PolicySlots.is_last_part(reading.text):
            return groups[-1]
        nearest = max(groups, key=lambda group: shared(group.title, reading.text))
        return nearest if shared(nearest.title, reading.text) >= _LIKE_A_TITLE else None

    def listed(self, action: ListPlaces, reading: Reading, state: State) -> Answer:
        """Every clause that fits what a listing or comparison is about."""
        group = self._group(reading)
        if group is not None and not action.compare:
            return self._listed("listed_group", [self.dossier.cite(m.clauses[0].id) for m in group.measures], state)
        if action.compare:
            places = self.quotation.places_of(action.topics)
            measures = [m for n in reading.measures if (m := self.dossier.policy.measures.get(n))]
            cited = [self.dossier.cite(p) for p in places]
            cited += [self.dossier.cite(c.id) for m in measures for c in m.clauses if c.id in self._paid]
            reply, moved = self._listed("compared", cited, state)
            return reply, replace(moved, topics=action.topics)
        kinds = {mention.id for mention in self._kinds.find(reading.text)}
        if "titles" in kinds:
            headings = [self.dossier.cite(m.clauses[0].id) for m in self.dossier.policy.measures.values()]
            return self._listed("listed_titles", headings, state)
        sums = any(q.kind in ("money", "rate") and q.value for q in reading.quantities)
        if "highest" in kinds and not action.topics and not sums:
            return self._highest(state)
        fitting = self._fitting(reading, kinds)
        if action.topics and not ({"once", "rate"} & kinds or self._terms(reading)):
            fitting = tuple(map(self.dossier.get_clause, self.quotation.places_of(action.topics))) or fitting
        return self._listed("listed", [self.dossier.cite(c.id) for c in fitting[:_MOST_PLACES]], state)

    def _highest(self, state: State) -> Answer:
        """The clauses of the benefits whose one payment is the largest."""
        most = {benefit: rule.most for benefit, rule in self.calculator.rules.items()}
        top = [self.dossier.benefits[name] for name, paid in most.items() if paid == max(most.values())]
        citations = [self.dossier.cite(clause) for benefit in top for clause in benefit.clauses]
        return self._listed("listed_highest", citations, state)

    def _fitting(self, reading: Reading, kinds: set[str]) -> tuple[Clause, ...]:
        figures = {(q.kind, q.value) for q in reading.quantities if q.kind in ("money", "rate") and q.value}
        if figures:
            return self._where(lambda clause: bool(figures & self._figures[clause.id]))
        if "payer" in reading.asked:
            states = self.quotation.annotations.states
            return self._where(lambda clause: clause.id in self._paid and states(clause.id, "payer"))
        if "rate" in kinds:
            return self._where(lambda clause: clause.id in self._paid and any(map(_is_rate, figures_of(clause.text))))
        if "once" in kinds:
            words = load_names().listed["once"]
            return self._where(lambda clause: any(word in clause.text for word in words))
        terms, audiences = self._terms(reading), self._audiences(reading)
        if terms and not (audiences and "where" not in reading.asked):
            found = self._where(lambda clause: any(term in clause.text for term in terms))
            if found:
                return found
        paid = self._where(lambda clause: clause.id in self._paid)
        spoken = self._where(lambda clause: any(name in clause.text for name in audiences)) if audiences else paid
        both = tuple(clause for clause in paid if clause in spoken)
        return both if "amount" in reading.asked and both else spoken

    def _where(self, fits: Callable[[Clause], bool]) -> tuple[Clause, ...]:
        return tuple(clause for clause in self.sentences if clause.measure and fits(clause))

    def _audiences(self, reading: Reading) -> tuple[str, ...]:
        """Names of the kinds of applicant that the question names, with those by which clauses speak of them."""
        audiences = self.dossier.lexicon.audiences.items()
        named = (words for _, words in audiences if any(word in reading.text for word in words))
        return tuple(dict.fromkeys(name for words in named for name in words))

    def _terms(self, reading: Reading) -> tuple[str, ...]:
        """Words of the question that few clauses hold; a short one counts only where mentions are asked for."""
        text = reading.text
        for mention in reversed(self._kinds.find(text)):
            text = text[: mention.start] + _CUT * (mention.end - mention.start) + text[mention.end :]
        least = _LEAST_TERM if "amount" in reading.asked and "where" not in reading.asked else _SHORT_TERM
        found, start = [], 0
        while start < len(text):
            end = next((e for e in range(len(text), start + least - 1, -1) if self._holds(text[start:e])), None)
            if end:
                found.append(text[start:end])
            start = end or start + 1
        synonyms = self.dossier.lexicon.synonyms.items() if "where" in reading.asked else ()
        found += [word for word, names in synonyms if any(name in reading.text for name in names)]
        longest = max(map(len, found), default=0)
        return tuple(term for term in found if len(term) >= min(longest, _LEAST_TERM))

    def _holds(self, term: str) -> bool:
        return any(term in clause.text for clause in self.sentences if clause.measure)

    def _listed(self, key: str, citations: list[Citation], state: State) -> Answer:
        if not citations:
            return self.quotation.not_covered("no_evidence", state)
        places = tuple(citation.clause.id for citation in citations)
        measure = citations[-1].clause.measure
        moved = replace(state, places=places, measure=measure or state.measure, after="quote", offer=state.open_figures)
        return QuotedAnswer(Remark(key), tuple(dict.fromkeys(citations))), moved


def _is_rate(figure: str) -> bool:
    return figure.endswith("%")
