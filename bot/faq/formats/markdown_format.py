"""The FAQ as Markdown: plain text that CommonMark sets as headings, lists, steps and block quotations."""

import re
from collections.abc import Iterator
from html import escape

from bot.faq.entry import Entry, Faq
from bot.faq.formats.document_model import (
    Chapter,
    Piece,
    anchor,
    audience,
    chapters,
    clean,
    fragment,
    headline,
    legend,
    marks,
    pieces,
)
from bot.faq.formats.wording import label

_MARKUP = re.compile(r"[\\`*_\[\]<&|~$]")
_AT_LINE_START = re.compile(r"^(?P<sign>[#+=>-])|^(?P<digits>\d+)(?P<dot>[.)])(?=\s|$)")
_CONTENTS = "contents"


def write_markdown(faq: Faq) -> bytes:
    """Title, how it was made, contents with links, and all entries."""
    parts = chapters(faq)
    blocks = [
        f"# {_line(headline(faq))}",
        *_front(faq),
        f'## <a id="{_CONTENTS}"></a>{label("contents")}',
        _contents(parts),
    ]
    for chapter in parts:
        blocks.append(f"## {_anchored(chapter.anchor, chapter.title)}")
        for section in chapter.sections:
            if section.title:
                blocks.append(f"### {_anchored(section.anchor, section.title)}")
            for entry in section.entries:
                blocks += _entry(entry)
    return ("\n\n".join(blocks) + "\n").encode()


def _front(faq: Faq) -> Iterator[str]:
    yield label("made")
    facts = (
        (label("edition"), faq.edition),
        (label("contact"), faq.contact),
        (label("count"), label("count_of", number=len(faq.entries))),
    )
    yield "\n".join(f"- **{name}** {_line(value)}" for name, value in facts if value)
    yield from legend(faq)


def _contents(parts: tuple[Chapter, ...]) -> str:
    lines = []
    for chapter in parts:
        lines.append(f"- {_link(chapter.anchor, chapter.title)}")
        for section in chapter.sections:
            depth = "  "
            if section.title:
                lines.append(f"{depth}- {_link(section.anchor, section.title)}")
                depth += "  "
            lines += [f"{depth}- {_link(anchor(entry), entry.question)}" for entry in section.entries]
    return "\n".join(lines)


def _entry(entry: Entry) -> Iterator[str]:
    yield f"#### {_anchored(anchor(entry), entry.question)}"
    if known := [*marks(entry), *filter(None, [audience(entry)])]:
        yield " · ".join(f"*{_line(mark)}*" for mark in known)
    before = None
    for piece in pieces(entry):
        if before is not None and before.kind == piece.kind and piece.kind in ("steps", "numbered", "bullets"):
            yield "<!-- -->"  # else two lists would be one, and numbered through
        yield _piece(piece)
        before = piece


def _piece(piece: Piece) -> str:
    match piece.kind:
        case "quote" | "heading":
            place = f"\n>\n> {_line(label('place', label=piece.place))}" if piece.place else ""
            return _lines(piece, "> ") + place
        case "bullets":
            return "\n".join(f"- {_line(line.text)}" for line in piece.lines)
        case "steps" | "numbered":
            return "\n".join(f"{line.number}. {_line(line.what + line.text)}" for line in piece.lines)
        case "caption":
            return "\n\n".join(f"**{_line(line.text)}**" for line in piece.lines)
        case "text" | "note":
            return _lines(piece, "")


def _lines(piece: Piece, before: str) -> str:
    """Lines that stay lines; one that is empty opens a paragraph."""
    texts = [_line(line.text) for line in piece.lines]
    ends = ["\\" if text and follower else "" for text, follower in zip(texts, [*texts[1:], ""], strict=True)]
    return "\n".join(f"{before}{text}{end}".rstrip() for text, end in zip(texts, ends, strict=True))


def _anchored(name: str, title: str) -> str:
    return f'<a id="{escape(name)}"></a>{_line(title)}'


def _link(name: str, title: str) -> str:
    return f"[{_line(title)}](#{fragment(name)})"


def _line(text: str) -> str:
    """The text on one line, with a backslash before whatever would be taken as markup."""
    spelled = _MARKUP.sub(r"\\\g<0>", " ".join(clean(text).split()))
    return _AT_LINE_START.sub(lambda m: f"\\{m['sign']}" if m["sign"] else f"{m['digits']}\\{m['dot']}", spelled)
