"""Facts: questions that the document answers in its own words, and those that it leaves open."""

from dataclasses import replace

from bot.dialog.annotation import Annotations
from bot.dialog.guard import figures
from bot.dialog.turn import NotCovered, QuotedAnswer, Remark, Reply, State
from bot.dialog.understanding import OUTSIDE, Understanding
from bot.dialog.vocabulary import Vocabulary
from knowledge.citation import Citation
from knowledge.library import Dossier
from knowledge.policy import Clause
from retrieval.retriever import Evidence, Hit, Retriever

Answer = tuple[Reply, State]

_CLOSE = 0.85
_PAYER = "payer"
_MOST_QUOTED = 3
_FOLLOW_UP_CHARACTERS = 16
_OVERLAP = 0.3
# How far above the retriever's floor evidence must be where no listed name leads to a clause. Of 22 answerable and 36
# unanswerable questions that reached the search, 20 of the answerable had 0.074 and more, all unanswerable less than
# 0.067 (about a sum: 0.107 against 0.097).
_MARGIN, _MARGIN_FOR_SUMS = 0.07, 0.102
_MOST_SEARCHED = 160
_OF_THE_WHOLE = ("background", "aim", "extent", "start")
_SETTLED = ("extent", "stacking", "interpreter")
_TIMELESS = ("validity", "start")


class FactDesk:
    """Quotes one policy, or says that it is silent."""

    def __init__(
        self, dossier: Dossier, vocabulary: Vocabulary, annotations: Annotations, retriever: Retriever
    ) -> None:
        """Keep what answers are made of."""
        self.dossier, self.vocabulary = dossier, vocabulary
        self.annotations, self.retriever = annotations, retriever

    # -- what the document is silent on

    def silent(self, understood: Understanding, state: State) -> Answer | None:
        """A refusal where something is asked that no text of this kind holds, or something outside it is named."""
        across = "stacking" in understood.matters  # how other policies and this one go together is in this one
        if not across and understood.marks & {"other_edition", "other_place"}:
            key = "other_place" if "other_place" in understood.marks else "other_edition"
            return self.not_covered(key, state)
        attribute = self.never_stated(understood)
        if attribute:
            nearest = self._nearest(understood, state)
            return self.not_covered(f"silent_{attribute}", state, nearest)
        if understood.outside and not understood.measures:
            named = next(mention.text for mention in understood.topics if mention.id.startswith(OUTSIDE))
            return self.not_covered("outside", state, what=named)
        return None

    def never_stated(self, understood: Understanding) -> str | None:
        """The first attribute asked that a policy text never states; a date may be one of the policy's own."""
        if set(understood.matters) & set(_SETTLED):
            return None
        for name in understood.attributes:
            if not self.vocabulary.attributes[name].never:
                continue
            own_date = name in ("deadline", "payment") and set(understood.matters) & set(_TIMELESS)
            applying = any(word in understood.text for word in self.vocabulary.applying)
            if not own_date or applying:
                return name
        return None

    # -- matters of the whole policy

    def matter(self, understood: Understanding, state: State) -> Answer | None:
        """The answer to a question about the policy as such: validity, contact, interpretation and so on."""
        matters = self._matters(understood)
        if not matters:
            return None
        facts = self.dossier.facts
        single = {
            "contact": facts.contact.telephone.clause,
            "validity": facts.period.clause,
            "start": facts.start.clause,
            "stacking": facts.stacking.clause,
            "interpreter": facts.interpreter.clause,
            "extent": facts.extent.clause,
        }
        citations: list[Citation] = []
        remarks: list[Remark] = []
        for matter in matters:
            if matter in single:
                citations.append(self.dossier.cite(single[matter]))
            else:
                citations += [self.dossier.cite(clause.id) for clause in self._section_of(matter)]
            remarks += self._matter_remarks(matter)
        if "stacking" in matters and len(understood.benefits) > 1:  # what their own clauses say of each other
            own = dict.fromkeys(place for b in understood.benefits for place in self.dossier.benefits[b].clauses)
            citations += map(self.dossier.cite, own)
        places = tuple(citation.clause.id for citation in citations)
        lead = Remark(f"matter_{matters[0]}")
        return QuotedAnswer(lead, _distinct(citations), tuple(remarks)), replace(state, places=places, measure=None)

    def _matters(self, understood: Understanding) -> tuple[str, ...]:
        """The matters asked; what is said of a named subject is not said of the policy as a whole."""
        named = bool(understood.topics)
        return tuple(m for m in understood.matters if not (named and m in _OF_THE_WHOLE))[:2]

    def _section_of(self, matter: str) -> tuple[Clause, ...]:
        """Sentences of the section that a matter is about, by the section's place in the policy facts."""
        places = self.dossier.facts.sections[matter]
        return tuple(self.dossier.get_clause(place) for place in places)

    def _matter_remarks(self, matter: str) -> tuple[Remark, ...]:
        period = self.dossier.period
        if matter not in _TIMELESS:
            return (Remark("stacking_scope"),) if matter == "stacking" else ()
        if period.start is None or period.end is None:
            return (Remark("start_unknown"),)
        return (Remark("start_known", {"start": period.start.isoformat(), "end": period.end.isoformat()}),)

    # -- subjects

    def subject(self, understood: Understanding, state: State) -> Answer | None:
        """Quotes the clauses on the subjects or benefits that are named, if they state what is asked."""
        places = self._places(understood)
        places = places or (self._printing(understood) if understood.attributes else ())
        if not places and self._is_follow_up(understood):
            places = self._pointed_at(understood, state)
        if not places:
            return None
        return self._quote_stating(understood, places, state)

    def _printing(self, understood: Understanding) -> tuple[str, ...]:
        """Clauses that print the sum which the message names and nothing else tells."""
        sums = {quantity.value for quantity in understood.quantities if quantity.kind == "money" and not quantity.doubt}
        sentences = self.dossier.policy.sentences if sums else ()
        return tuple(c.id for c in sentences if c.measure and sums & {figure.value for figure in figures(c.text)})

    def _is_follow_up(self, understood: Understanding) -> bool:
        """Whether the message asks something of what was spoken of before, naming nothing itself."""
        asks = [name for name in understood.attributes if not self.vocabulary.attributes[name].never]
        return (
            (bool(asks) or "pronoun" in understood.marks)
            and not understood.topics
            and len(understood.text) <= _FOLLOW_UP_CHARACTERS
        )

    def _pointed_at(self, understood: Understanding, state: State) -> tuple[str, ...]:
        """The clauses last spoken of, or (of a pointing question) the one beside them that has its words."""
        if "pronoun" not in understood.marks or not state.places:
            return state.places
        around = {place.rsplit(".", 1)[0] for place in state.places}
        near = tuple(c.id for c in self.dossier.policy.sentences if c.id.rsplit(".", 1)[0] in around)
        hits = {hit.clause_id for hit in self.retriever.lexical(understood.text) if hit.overlap >= _OVERLAP}
        return tuple(place for place in near if place in hits and place not in state.places) or state.places

    def _places(self, understood: Understanding) -> tuple[str, ...]:
        """Clauses of the named subjects and benefits; hints count only where nothing is named."""
        found: dict[str, None] = {}
        for subject in understood.subjects:
            found |= dict.fromkeys(self.annotations.subjects[subject])
        for benefit in understood.benefits or (() if found else understood.weak_benefits):
            found |= dict.fromkeys(self.dossier.benefits[benefit].clauses)
        return tuple(found)

    def _quote_stating(self, understood: Understanding, places: tuple[str, ...], state: State) -> Answer:
        asked = [name for name in understood.attributes if name in self.annotations.attributes]
        if not understood.benefits:
            asked = [name for name in asked if name != _PAYER]
        stating = [p for p in places if all(self.annotations.states(p, name) for name in asked)]
        some = [p for p in places if any(self.annotations.states(p, name) for name in asked)]
        fitting = tuple(stating or some) if asked else places
        if not fitting:
            nearest = self._ranked(understood, places)[:1]
            return self.not_covered("attribute_not_stated", state, tuple(self.dossier.cite(p) for p in nearest))
        several_named = len(understood.subjects) + len(understood.benefits) > 1
        ranked = self._ranked(understood, fitting)
        limit = _MOST_QUOTED + 1 if several_named or understood.is_bare else _MOST_QUOTED
        chosen = (
            ranked[:limit] if several_named or understood.is_bare else ranked[: 1 if len(fitting) > limit else limit]
        )
        return self.quoted(tuple(chosen), understood, state)

    def _ranked(self, understood: Understanding, places: tuple[str, ...]) -> list[str]:
        """The places with the words of the question first."""
        query = self.expanded(understood)
        scores = {
            hit.clause_id: hit.score for hit in self.retriever.lexical(query, limit=len(self.dossier.policy.clauses))
        }
        return sorted(places, key=lambda place: -scores.get(place, 0.0))

    # -- everything else: search

    def search(self, understood: Understanding, state: State) -> Answer:
        """The best clauses by words and meaning, if they are evidence for an answer."""
        if understood.marks & {"chatter"}:
            return self.not_covered("no_evidence", state)
        query = self.expanded(understood)
        found = self.retriever.search(query)
        if not isinstance(found, Evidence):
            return self.not_covered("no_evidence", state)
        asked = [name for name in understood.attributes if name in self.annotations.attributes]
        hits = [h for h in found.hits if all(self.annotations.states(h.clause_id, name) for name in asked)]
        best = found.hits[0]
        if not hits or hits[0].score < best.score * _CLOSE or not self._convincing(found, understood):
            near = (self.dossier.cite(best.clause_id),) if self._convincing(found, understood) else ()
            return self.not_covered("no_evidence" if not near else "attribute_not_stated", state, near)
        same = [h for h in hits[1:2] if h.score >= best.score * _CLOSE and self._measure(h) == self._measure(hits[0])]
        return self.quoted(tuple(h.clause_id for h in (hits[0], *same)), understood, state)

    @staticmethod
    def _convincing(found: Evidence, understood: Understanding) -> bool:
        """Whether what a search found is near enough to be quoted as an answer."""
        return found.margin >= (_MARGIN_FOR_SUMS if about_sums(understood) else _MARGIN)

    def _measure(self, hit: Hit) -> str:
        return hit.clause_id.rsplit(".", 1)[0]

    def expanded(self, understood: Understanding) -> str:
        """The question with the document's words for people's words added."""
        added = [
            word for word, names in self.dossier.lexicon.synonyms.items() if any(n in understood.text for n in names)
        ]
        return " ".join((understood.text[:_MOST_SEARCHED], *added))

    # -- replies

    def quoted(self, places: tuple[str, ...], understood: Understanding, state: State) -> Answer:
        """An answer that quotes the clauses, and the state in which they are spoken of."""
        citations = tuple(self.dossier.cite(place) for place in places)
        benefits = tuple(b.id for b in self.dossier.benefits.values() if set(b.clauses) <= set(places))
        named = tuple(b for b in understood.benefits if b in self.dossier.benefits)
        moved = replace(
            state,
            places=places,
            measure=citations[0].clause.measure or state.measure,
        )
        if named or (len(benefits) == 1 and not moved.fills):
            chosen = named or benefits
            moved = replace(
                moved, benefits=chosen, fills=moved.fills if set(chosen) <= set(state.benefits) else (), pending=None
            )
        return QuotedAnswer(Remark("quoted"), citations), moved

    def _nearest(self, understood: Understanding, state: State) -> tuple[Citation, ...]:
        places = self._ranked(understood, self._places(understood))[:1]
        return tuple(self.dossier.cite(place) for place in places)

    def contact(self) -> Citation:
        """The clause that names whom to ask."""
        return self.dossier.cite_fact(self.dossier.facts.contact.telephone)

    def not_covered(self, reason: str, state: State, nearest: tuple[Citation, ...] = (), *, what: str = "") -> Answer:
        """The honest refusal, with the contact and perhaps the nearest clause."""
        remark = Remark(reason, {"what": what} if what else {})
        contact = self.contact()
        places = tuple(citation.clause.id for citation in nearest) or state.places
        return NotCovered(remark, contact, nearest), replace(state, places=places)


def about_sums(understood: Understanding) -> bool:
    """Whether a figure is asked for: what is near such a question prints one more often than it answers it."""
    return bool({"money", "ratio", "figure"} & set(understood.attributes))


def _distinct(citations: list[Citation]) -> tuple[Citation, ...]:
    return tuple(dict.fromkeys(citations))
