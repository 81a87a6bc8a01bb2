"""Survey: questions over the whole document, answered from its structure and never from the few best hits."""

from collections.abc import Callable
from dataclasses import replace

from bot.dialog.annotation import figures_of
from bot.dialog.turn import QuotedAnswer, Remark, Reply, State
from bot.dialog.understanding import Understanding
from bot.dialog.vocabulary import Vocabulary, matcher
from calculators.registry import Calculator
from knowledge.citation import Citation
from knowledge.library import Dossier
from knowledge.numerals import FIGURE, MEASURE_LABEL, SENTENCE_MARKS, YUAN
from knowledge.policy import Clause, Group

Answer = tuple[Reply, State]

_LEAST_TERM, _SHORT_TERM = 3, 2
_LIKE_A_TITLE, _VERY_LIKE_A_TITLE = 0.4, 0.65
_CUT = "\n"
_MOST_PLACES = 24


class Surveyor:
    """Lists and compares places of one policy."""

    def __init__(self, dossier: Dossier, calculator: Calculator, vocabulary: Vocabulary) -> None:
        """Gather the words of the document that can be a term of a question."""
        self.dossier, self.calculator, self.vocabulary = dossier, calculator, vocabulary
        self.sentences = dossier.policy.sentences
        listing = vocabulary.listing
        self._frame = matcher((*listing.asks, *listing.money, *vocabulary.mentions, *vocabulary.function_words))
        self._paid = {clause for benefit in dossier.benefits.values() for clause in benefit.clauses}

    def numbered(self, understood: Understanding, state: State) -> Answer | None:
        """Measures and parts named by number or title, and steps to the next or previous one."""
        last = tuple(self.dossier.policy.measures)[-1:] if "last_measure" in understood.marks else ()
        measures = self._stepped(understood, state) or understood.measures or last
        if measures:
            return self._measures(measures, understood, state)
        group = self._group(understood)
        titled = self._titled(understood) if group is None else ()
        if titled:
            return self._measures(titled, understood, state)
        if group is None:
            return None
        citations = [self.dossier.cite(measure.clauses[0].id) for measure in group.measures]
        return self._listed("listed_group", citations, state)

    def _titled(self, understood: Understanding) -> tuple[int, ...]:
        """The measure whose title the message recalls: some of it while asking for a measure, else most of it."""
        if understood.benefits or understood.subjects:
            return ()
        needed = _LIKE_A_TITLE if MEASURE_LABEL[-1] in understood.text else _VERY_LIKE_A_TITLE
        nearest = max(self.dossier.policy.measures.values(), key=lambda m: _shared(m.title, understood.text))
        return (nearest.number,) if _shared(nearest.title, understood.text) > needed else ()

    def _stepped(self, understood: Understanding, state: State) -> tuple[int, ...]:
        step = {"next": 1, "previous": -1}
        steps = [by for act, by in step.items() if act in understood.acts]
        return (state.measure + steps[0],) if steps and state.measure else ()

    def _measures(self, numbers: tuple[int, ...], understood: Understanding, state: State) -> Answer | None:
        known = [number for number in numbers if number in self.dossier.policy.measures]
        if not known:
            return None
        citations: list[Citation] = []
        for number in known:
            clauses = self.dossier.policy.measures[number].clauses
            paid = [clause for clause in clauses if clause.id in self._paid]
            wanted = paid if len(known) > 1 and "money" in understood.attributes else []
            citations += [self.dossier.cite(clause.id) for clause in wanted or clauses]
        reply, state = self._listed("quoted" if len(known) == 1 else "compared", citations, state)
        return reply, replace(state, measure=known[-1])

    def _group(self, understood: Understanding) -> Group | None:
        groups = self.dossier.policy.groups
        for number in understood.parts:
            if 0 < number <= len(groups):
                return groups[number - 1]
        if "last_part" in understood.marks:
            return groups[-1]
        nearest = max(groups, key=lambda group: _shared(group.title, understood.text))
        likeness = _shared(nearest.title, understood.text)
        needed = _LIKE_A_TITLE if understood.marks & {"part", "listing"} else 1.0
        return nearest if likeness >= needed else None

    def listed(self, understood: Understanding, state: State) -> Answer | None:
        """Every clause that fits what a listing question sorts by."""
        only_money = understood.text.strip(SENTENCE_MARKS) in self.vocabulary.listing.money
        if "listing" not in understood.marks and not only_money:
            return None
        if "list_all" in understood.marks:
            headings = [self.dossier.cite(m.clauses[0].id) for m in self.dossier.policy.measures.values()]
            return self._listed("listed_titles", headings, state)
        if understood.subjects and not understood.marks & {"mentions", "list_money"}:
            return None
        citations = [self.dossier.cite(clause.id) for clause in self._fitting(understood)]
        return self._listed("listed", citations[:_MOST_PLACES], state) if citations else None

    def highest(self, understood: Understanding, state: State) -> Answer | None:
        """The clauses of the benefits whose one payment is the largest, where none is named."""
        if "highest" not in understood.marks or understood.topics or understood.measures:
            return None
        most = {benefit: rule.most for benefit, rule in self.calculator.rules.items()}
        top = [self.dossier.benefits[name] for name, paid in most.items() if paid == max(most.values())]
        citations = [self.dossier.cite(clause) for benefit in top for clause in benefit.clauses]
        return self._listed("listed_highest", citations, state) if citations else None

    def _fitting(self, understood: Understanding) -> tuple[Clause, ...]:
        figures = {_plain(q.text) for q in understood.quantities if q.kind in ("money", "rate")}
        if figures:
            return self._where(lambda clause: bool(figures & {_plain(f) for f in figures_of(clause.text)}))
        marks, words = understood.marks, self.vocabulary.listing
        if understood.text.strip(SENTENCE_MARKS) in words.money:
            return self._where(lambda clause: clause.id in self._paid)
        if "list_rate" in marks:
            return self._where(lambda clause: clause.id in self._paid and any(map(_is_rate, figures_of(clause.text))))
        if "list_once" in marks:
            return self._where(lambda clause: any(word in clause.text for word in words.once))
        terms = self._terms(understood)
        if terms:
            return self._where(lambda clause: any(term in clause.text for term in terms))
        audiences = self._audiences(understood)
        if "list_money" in marks or "money" in understood.attributes or audiences:
            paid = self._where(lambda clause: clause.id in self._paid)
            spoken = self._where(lambda clause: any(name in clause.text for name in audiences)) if audiences else paid
            both = tuple(clause for clause in paid if clause in spoken)
            return paid if not audiences or ("list_money" in marks and not both) else both or spoken
        return ()

    def _where(self, fits: Callable[[Clause], bool]) -> tuple[Clause, ...]:
        return tuple(clause for clause in self.sentences if clause.measure and fits(clause))

    def _audiences(self, understood: Understanding) -> tuple[str, ...]:
        """Names of the kinds of applicant that the question names, with those by which clauses speak of them."""
        audiences = self.dossier.lexicon.audiences.items()
        named = (words for _, words in audiences if any(word in understood.text for word in words))
        return tuple(dict.fromkeys(name for words in named for name in words))

    def _terms(self, understood: Understanding) -> tuple[str, ...]:
        """Words of the question that the document holds; a short one counts only where mentions are asked for."""
        text = understood.text
        for mention in reversed(self._frame.find(text)):
            text = text[: mention.start] + _CUT * (mention.end - mention.start) + text[mention.end :]
        asks_mentions = text != understood.text and any(word in understood.text for word in self.vocabulary.mentions)
        least = _SHORT_TERM if asks_mentions else _LEAST_TERM
        found, start = [], 0
        while start < len(text):
            end = next((e for e in range(len(text), start + least - 1, -1) if self._holds(text[start:e])), None)
            if end:
                found.append(text[start:end])
            start = end or start + 1
        synonyms = self.dossier.lexicon.synonyms.items() if asks_mentions else ()
        found += [word for word, names in synonyms if any(name in understood.text for name in names)]
        longest = max(map(len, found), default=0)
        return tuple(term for term in found if len(term) >= min(longest, _LEAST_TERM))

    def _holds(self, term: str) -> bool:
        return any(term in clause.text for clause in self.sentences)

    def compared(self, understood: Understanding, state: State) -> Answer | None:
        """The clauses of the benefits that are compared."""
        if "comparison" not in understood.marks or len(understood.benefits) + len(understood.subjects) < 2:
            return None
        places = dict.fromkeys(c for b in understood.benefits for c in self.dossier.benefits[b].clauses)
        for subject in understood.subjects:
            places |= dict.fromkeys(
                self.dossier.clause_id(p) for p in self.dossier.lexicon.subjects[subject].clauses[:2]
            )
        return self._listed("compared", [self.dossier.cite(place) for place in places], state)

    def _listed(self, key: str, citations: list[Citation], state: State) -> Answer:
        places = tuple(citation.clause.id for citation in citations)
        measure = citations[-1].clause.measure if citations else None
        moved = replace(state, places=places, measure=measure or state.measure)
        return QuotedAnswer(Remark(key), tuple(citations)), moved


def _shared(title: str, text: str) -> float:
    """The share of a title's characters that stand in the text in pairs."""
    pairs = [title[place : place + 2] for place in range(len(title) - 1)]
    return sum(pair in text for pair in pairs) / len(pairs)


def _is_rate(figure: str) -> bool:
    return figure.endswith("%")


def _plain(figure: str) -> str:
    match = FIGURE.search(figure.replace(",", ""))
    return match[0].rstrip(YUAN) if match else figure
