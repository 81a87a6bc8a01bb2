"""Official text -> Policy, losslessly; every complaint carries a line number."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Never

from knowledge.errors import ParseError
from knowledge.numerals import (
    GROUP_HEADING,
    MEASURE_HEADING,
    SECTION_HEADING,
    SENTENCE_END,
    read_ordinal,
    split_sentences,
)
from knowledge.policy import Clause, Group, Measure, Policy, Section

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffd]")


def parse_policy(policy_id: str, path: Path) -> Policy:
    """Read a policy text in UTF-8.

    Raises:
        ParseError: the file is not UTF-8, has control characters, or breaks the heading grammar.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ParseError(path, None, f"cannot be read ({error.strerror}); put the official text there") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ParseError(path, line, "is not UTF-8; convert the file") from error
    return _Parser(policy_id, path).parse(text)


@dataclass
class _Draft:
    """A section, group or measure while its lines are being read."""

    place: str
    number: int
    title: str
    clauses: list[Clause] = field(default_factory=list)
    children: list["_Draft"] = field(default_factory=list)


class _Parser:
    """One pass over the lines; a heading opens a place, any other text is sentences of the innermost place."""

    def __init__(self, policy_id: str, path: Path) -> None:
        self.policy_id, self.path = policy_id, path
        self.spans: list[str] = []
        self.sections: list[_Draft] = []
        self.measures_seen = 0
        self.line = 0

    def parse(self, text: str) -> Policy:
        for number, line in enumerate(text.splitlines(keepends=True), start=1):
            self.line = number
            body = line.rstrip("\r\n")
            if _CONTROL.search(body):
                self._fail("has a control character; remove it")
            self._read_line(body.strip(), body)
            self.spans.append(line[len(body) :])
        self._check_complete()
        return Policy(self.policy_id, tuple(filter(None, self.spans)), tuple(map(self._section, self.sections)))

    def _fail(self, problem: str) -> Never:
        raise ParseError(self.path, self.line or None, problem)

    def _read_line(self, content: str, body: str) -> None:
        start = body.index(content) if content else len(body)
        self.spans.append(body[:start])
        openers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], None]], ...] = (
            (SECTION_HEADING, self._open_section),
            (GROUP_HEADING, self._open_group),
            (MEASURE_HEADING, self._open_measure),
        )
        for pattern, open_place in openers:
            if match := pattern.fullmatch(content):
                open_place(match)
                break
        else:
            self._add_paragraph(content)
        self.spans.append(body[start + len(content) :])

    def _number(self, match: re.Match[str], expected: int, kind: str) -> int:
        number = read_ordinal(match["number"])
        if number != expected:
            self._fail(f"{kind} {match['number']} stands where number {expected} was expected; check the numbering")
        return expected

    def _open_section(self, match: re.Match[str]) -> None:
        number = self._number(match, len(self.sections) + 1, "section")
        self.sections.append(_Draft(f"s{number}", number, match["title"]))
        self._add_clause(self.sections[-1], match[0], match[0], None)

    def _open_group(self, match: re.Match[str]) -> None:
        if not self.sections:
            self._fail("a group heading stands before any section; start with a section heading")
        groups = self.sections[-1].children
        number = self._number(match, len(groups) + 1, "group")
        groups.append(_Draft(f"{self.sections[-1].place}g{number}", number, match["title"]))
        self._add_clause(groups[-1], match[0], match[0], None)

    def _open_measure(self, match: re.Match[str]) -> None:
        if not self.sections or not self.sections[-1].children:
            self._fail("a measure stands outside any group; put a group heading above it")
        number = self._number(match, self.measures_seen + 1, "measure")
        self.measures_seen = number
        measure = _Draft(str(number), number, match["title"])
        self.sections[-1].children[-1].children.append(measure)
        self._add_clause(measure, match["heading"], match["heading"], number)
        self.spans.append(match["stop"])
        if not match["body"]:
            self._fail(f"measure {number} has a heading and no sentence; add its text on the same line")
        self._add_sentences(measure, match["body"], number)

    def _add_paragraph(self, content: str) -> None:
        if not content:
            return
        if not self.sections:
            self.spans.append(content)
        elif self.sections[-1].children:
            self._fail("text stands between measures; a measure is one line that begins with its number")
        else:
            self._add_sentences(self.sections[-1], content, None)

    def _add_sentences(self, draft: _Draft, paragraph: str, measure: int | None) -> None:
        for sentence in split_sentences(paragraph):
            if measure and not sentence.endswith(SENTENCE_END):
                self._fail(f"measure {measure} ends without a full stop; is the line cut off?")
            self._add_clause(draft, sentence, draft.clauses[0].text, measure)

    def _add_clause(self, draft: _Draft, text: str, heading: str, measure: int | None) -> None:
        clause_id = f"{self.policy_id}/{draft.place}.{len(draft.clauses)}"
        draft.clauses.append(Clause(clause_id, text, self.line, heading, measure))
        self.spans.append(text)

    def _check_complete(self) -> None:
        if not self.measures_seen:
            self._fail("the text ends without any measure; is this the whole document?")
        for section in self.sections:
            self.line = section.clauses[0].line
            if len(section.clauses) == 1 and not section.children:
                self._fail(f"section {section.number} has a heading and no text")
            for group in section.children:
                self.line = group.clauses[0].line
                if not group.children:
                    self._fail(f"group {group.number} of section {section.number} has no measure")

    def _section(self, draft: _Draft) -> Section:
        return Section(draft.number, draft.title, tuple(draft.clauses), tuple(map(self._group, draft.children)))

    def _group(self, draft: _Draft) -> Group:
        measures = tuple(Measure(m.number, m.title, tuple(m.clauses)) for m in draft.children)
        return Group(draft.number, draft.title, draft.clauses[0], measures)
