"""The written FAQ, read back by other means than those that wrote it."""

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from defusedxml.ElementTree import fromstring
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.faq.entry import Faq
from bot.faq.formats import FORMATS
from tests.bot.faq.faqs import CLAUSE, FAQ, HOSTILE, MARKUP, PLACE, TITLE, WORKED, WRITTEN, missing

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "bot" / "faq" / "formats"
OFFICE = ("docx", "xlsx")
DIGESTS = """
import hashlib, sys
from bot.faq.entry import Faq
from bot.faq.formats import FORMATS
faq = Faq.model_validate_json(sys.stdin.buffer.read())
print({name: hashlib.sha256(write(faq)).hexdigest() for name, write in FORMATS.items()})
"""


# -- all formats


def test_the_formats_are_the_six() -> None:
    assert set(FORMATS) == {"md", "html", "json", "docx", "xlsx", "jsonld"}


def test_the_same_faq_gives_the_same_bytes_in_any_zone_and_process() -> None:
    def digests(zone: str, seed: str) -> bytes:
        environ = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", DIGESTS]
        faq = FAQ.model_dump_json().encode()
        return subprocess.run(run, input=faq, capture_output=True, cwd=ROOT, env=environ, check=True).stdout

    written = digests("Pacific/Auckland", "1")

    assert written == digests("America/Los_Angeles", "2")
    assert all(hashlib.sha256(content).hexdigest().encode() in written for content in WRITTEN.values())


@pytest.mark.parametrize("name", OFFICE)
def test_an_office_file_holds_no_hour(name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(WRITTEN[name])) as office:
        assert office.testzip() is None
        assert {entry.date_time for entry in office.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = office.read("docProps/core.xml").decode()

    assert "dcterms" not in re.sub(r'xmlns:\w+="[^"]*"', "", core)
    assert TITLE in "".join(fromstring(core).itertext())


def test_heavy_libraries_load_with_their_format_alone() -> None:
    heavy = ("docx", "openpyxl", "jinja2")
    code = f"import sys, bot.faq.formats; print([name for name in {heavy} if name in sys.modules])"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True).stdout == b"[]\n"


def test_an_faq_without_entries_is_written_too() -> None:
    empty = FAQ.model_copy(update={"entries": ()})

    assert all(write(empty) for write in FORMATS.values())


def test_every_label_is_used() -> None:
    labels = yaml.safe_load((FOLDER / "wording.yaml").read_text(encoding="utf-8"))
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.*") if path.suffix in (".py", ".html")
    )
    built = ("column_", "origin_", "outcome_", "legend_")

    assert len(labels) > 40
    assert [key for key in labels if f'"{key}"' not in sources and not key.startswith(built)] == []


# -- Markdown


MARKDOWN = WRITTEN["md"].decode()
TOKENS = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(MARKDOWN)


def inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or []


def shown(tokens: list[Token]) -> str:
    """The words that a reader of the Markdown sees, a line for each paragraph."""
    parts = []
    for token in inline(tokens):
        if token.type in ("text", "code_inline", "softbreak", "hardbreak"):
            parts.append(token.content or "\n")
        elif token.type.endswith("_close") and token.block:
            parts.append("\n")
    return "".join(parts)


def within(kind: str) -> list[str]:
    """The words of each element of a kind."""
    found, opened = [], 0
    for number, token in enumerate(TOKENS):
        if token.type == f"{kind}_open":
            opened = number
        elif token.type == f"{kind}_close":
            found.append(shown(TOKENS[opened:number]).strip())
    return found


def test_markdown_loses_no_word() -> None:
    assert missing(shown(TOKENS)) == []


def test_no_word_is_taken_as_markup() -> None:
    types = {token.type for token in inline(TOKENS)}
    html = {token.content for token in inline(TOKENS) if token.type in ("html_inline", "html_block")}

    assert types.isdisjoint({"code_inline", "fence", "code_block", "hr", "table_open", "s_open", "image"})
    assert all(re.fullmatch(r'<a id="[^"<>]+">|</a>|<!-- -->\s*', part) for part in html)
    assert {token.markup for token in TOKENS if token.type == "heading_open"} == {"#", "##", "###", "####"}
    assert sum(token.type == "heading_open" for token in TOKENS) == 1 + 1 + 4 + 2 + len(FAQ.entries)


def test_links_of_the_contents_find_their_anchors() -> None:
    links = [str(token.attrs["href"]) for token in inline(TOKENS) if token.type == "link_open"]
    anchors = re.findall(r'<a id="([^"]+)"></a>', MARKDOWN)

    assert len(links) == 4 + 2 + len(FAQ.entries)
    assert [unquote(link.removeprefix("#")) for link in links] == [
        anchor.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">") for anchor in anchors[1:]
    ]


def test_quotations_are_block_quotations_with_their_place() -> None:
    quotations = within("blockquote")

    assert f"{CLAUSE}\n——{PLACE}" in quotations
    assert any(MARKUP in quotation and HOSTILE in quotation for quotation in quotations)
    assert f"答复里没有的一句引文\n——{PLACE}" in quotations


def test_steps_keep_their_numbers() -> None:
    lists = [token.attrs.get("start", 1) for token in TOKENS if token.type == "ordered_list_open"]

    assert lists == [1, 3, 1, 7]
    assert "1200万元 ÷ 200万元 = 6，取整数，6档" in MARKDOWN


# -- for programs


def test_json_is_read_back_equal() -> None:
    assert Faq.model_validate_json(WRITTEN["json"]) == FAQ
    assert WRITTEN["json"].endswith(b"}\n")
    assert CLAUSE in WRITTEN["json"].decode()


def test_jsonld_is_an_faqpage_of_schema_org() -> None:
    page = json.loads(WRITTEN["jsonld"])
    worked = page["mainEntity"][1]

    assert (page["@context"], page["@type"], page["inLanguage"]) == ("https://schema.org", "FAQPage", "zh-CN")
    assert [question["name"] for question in page["mainEntity"]] == [entry.question for entry in FAQ.entries]
    assert worked["@id"] == "#rd-example"
    assert worked["acceptedAnswer"]["text"] == WORKED.text
    assert worked["acceptedAnswer"]["citation"] == [
        {"@type": "Quotation", "identifier": "p/7.2", "name": PLACE, "text": CLAUSE}
    ]
    assert worked["audience"] == [{"@type": "Audience", "audienceType": "企业"}]


# -- the page


class Reader(HTMLParser):
    """What stands in a page: elements with their attributes, its words, what is inside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.sources: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] in ("script", "style") and data.strip():
            self.sources.append((*self.elements[-1], data))
        else:
            self.words.append(data)


PAGE = Reader(WRITTEN["html"].decode())


def test_the_page_loses_no_word() -> None:
    assert missing("".join(PAGE.words)) == []


def test_the_page_asks_nothing_of_anybody() -> None:
    pointing = {
        str(attributes[name])
        for _, attributes in PAGE.elements
        for name in ("src", "href", "srcset", "action", "data")
        if name in attributes
    }

    assert {address for address in pointing if not address.startswith("#")} == {"data:,"}
    assert not [a for _, attributes in PAGE.elements for a in attributes if a.startswith("on") or a == "style"]
    assert not re.search(r"@import|url\(", "".join(source for tag, _, source in PAGE.sources if tag == "style"))


def test_hashes_let_in_the_style_and_the_script_of_the_page_alone() -> None:
    meta = next(a for tag, a in PAGE.elements if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    policy = str(meta["content"])
    hashes = [
        f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"
        for _, attributes, source in PAGE.sources
        if "type" not in attributes
    ]

    assert policy.startswith("default-src 'none'; ")
    assert len(hashes) == 2
    assert sorted(hashes) == sorted(re.findall(r"'(sha256-[^']+)'", policy))


def test_the_page_holds_its_faqpage_and_nothing_ends_it_early() -> None:
    data = [source for _, attributes, source in PAGE.sources if attributes.get("type") == "application/ld+json"]

    assert len(data) == 1
    assert json.loads(data[0]) == json.loads(WRITTEN["jsonld"])
    assert sum(tag == "script" for tag, _ in PAGE.elements) == 2


def test_headings_of_the_page_skip_no_level() -> None:
    levels = [int(tag[1]) for tag, _ in PAGE.elements if re.fullmatch(r"h[1-6]", tag)]

    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
