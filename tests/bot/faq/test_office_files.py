"""The document and the workbook, read back by other means than those that wrote them."""

import io
import re
import zipfile

from defusedxml.ElementTree import fromstring
from docx import Document
from docx.table import Table
from openpyxl import load_workbook

from tests.bot.faq.faqs import ATTACK, CLAUSE, FAQ, FORMULA, LENGTHY, LONG, PLACE, TITLE, WORKED, WRITTEN, missing

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


# -- the document


DOCUMENT = Document(io.BytesIO(WRITTEN["docx"]))


def part(name: str, office: str = "docx") -> str:
    with zipfile.ZipFile(io.BytesIO(WRITTEN[office])) as opened:
        return opened.read(name).decode()


def headings(style: str) -> list[str]:
    return [p.text for p in DOCUMENT.paragraphs if p.style is not None and p.style.name == style]


def test_the_document_loses_no_word() -> None:
    texts = [each.text for each in fromstring(part("word/document.xml")).iter(f"{WORD}t")]

    assert missing("".join(text for text in texts if text)) == []


def test_its_headings_are_headings() -> None:
    assert headings("Title") == [TITLE]
    assert headings("Heading 1") == list(dict.fromkeys(entry.group for entry in FAQ.entries))
    assert headings("Heading 2") == [WORKED.measure, LENGTHY.measure]
    assert headings("Heading 3") == [entry.question for entry in FAQ.entries]


def test_its_contents_are_filled_in_and_lead_to_every_heading() -> None:
    root = fromstring(part("word/document.xml"))
    links = [(link.get(f"{WORD}anchor"), "".join(link.itertext())) for link in root.iter(f"{WORD}hyperlink")]
    marked = []
    for paragraph in root.iter(f"{WORD}p"):
        for mark in paragraph.findall(f"{WORD}bookmarkStart"):
            marked.append((mark.get(f"{WORD}name"), "".join(paragraph.itertext())))
    fields = [mark.get(f"{WORD}fldCharType") for mark in root.iter(f"{WORD}fldChar")]

    assert len(links) == 4 + 2 + len(FAQ.entries)
    assert links == marked
    assert len({name for name, _ in marked}) == len(marked)
    assert fields == ["begin", "separate", "end"]
    assert [code.text for code in root.iter(f"{WORD}instrText")] == [r' TOC \o "1-3" \n \h \z ']
    assert "updateFields" not in part("word/settings.xml")


def test_its_styles_have_chinese_fonts_and_every_style_in_use_is_there() -> None:
    styles = fromstring(part("word/styles.xml"))
    fonts = {fonts.get(f"{WORD}eastAsia") for fonts in styles.iter(f"{WORD}rFonts")}
    known = {style.get(f"{WORD}styleId") for style in styles.iter(f"{WORD}style")}
    used = set(re.findall(r'w:(?:pStyle|tblStyle|rStyle) w:val="([^"]+)"', part("word/document.xml")))

    assert fonts == {"宋体", "黑体"}
    assert "Theme" not in "".join(f"{k}" for f in styles.iter(f"{WORD}rFonts") for k in f.attrib)
    assert len(used) > 10
    assert used <= known


def test_it_is_a4_with_numbered_pages_and_tells_what_it_is() -> None:
    section, properties = DOCUMENT.sections[0], DOCUMENT.core_properties
    assert section.page_width is not None
    assert section.page_height is not None
    footers = [section.footer, section.first_page_footer]

    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    for footer in footers:
        assert re.findall("PAGE|NUMPAGES", footer.paragraphs[0]._p.xml) == ["PAGE", "NUMPAGES"]
        assert footer.paragraphs[0].text == "第1页，共1页"
    assert section.header.paragraphs[0].text == TITLE
    assert (properties.title, properties.language, properties.version) == (TITLE, "zh-CN", FAQ.edition)
    assert "python" not in f"{properties.author}{properties.comments}".lower()


def test_quotations_are_set_apart_and_steps_stand_in_columns() -> None:
    quoted = [p.text for p in DOCUMENT.paragraphs if p.style is not None and p.style.name == "Quote"]
    places = [p.text for p in DOCUMENT.paragraphs if p.style is not None and p.style.name == "Quote Place"]
    tables = [each for each in DOCUMENT.iter_inner_content() if isinstance(each, Table)]
    rows = [tuple(dict.fromkeys(cell.text for cell in row.cells)) for table in tables[1:] for row in table.rows]

    assert CLAUSE in quoted
    assert places.count(f"——{PLACE}") == 4
    assert rows == [
        ("1.", "门槛一：", "1200万元 > 200万元，符合"),
        ("2.", "满档数：", "1200万元 ÷ 200万元 = 6，取整数，6档"),
        ("3.", "按档计算：", "6 × 10万元 = 60万元"),
        ("4.", "没有冒号的一步"),
    ]


# -- the workbook


BOOK = load_workbook(io.BytesIO(WRITTEN["xlsx"]))
CONTENTS, ENTRIES = BOOK.worksheets
HEADS = [str(cell.value) for cell in ENTRIES[1]]
ROWS = [dict(zip(HEADS, row, strict=True)) for row in ENTRIES.iter_rows(min_row=2, values_only=True)]


def test_the_workbook_loses_no_word() -> None:
    cells = [
        str(cell) for sheet in BOOK.worksheets for row in sheet.iter_rows(values_only=True) for cell in row if cell
    ]

    assert missing("\n".join(cells)) == []


def test_every_entry_is_a_row() -> None:
    assert " ".join(HEADS) == "编号 部分 措施 问题 答复 引用的条文 出处 适用对象 文件是否写明 来源"
    assert [row["问题"] for row in ROWS] == [entry.question for entry in FAQ.entries]
    assert ROWS[1]["答复"] == WORKED.text
    assert ROWS[3]["答复"] == LENGTHY.text
    assert len(LONG) > 5000
    assert [(row["文件是否写明"], row["来源"], row["适用对象"]) for row in ROWS[4:]] == [
        ("文件有规定", "工作人员答复", "不限"),
        ("文件未写明", "依据文件", "不限"),
    ]


def test_no_cell_is_a_formula() -> None:
    question = ENTRIES.cell(4, 4)

    assert question.value == ATTACK.question
    assert str(question.value).startswith(FORMULA)
    assert question.data_type == "s"
    assert question.quotePrefix
    assert "<f>" not in part("xl/worksheets/sheet1.xml", "xlsx") + part("xl/worksheets/sheet2.xml", "xlsx")


def test_the_contents_lead_to_the_first_entry_of_each_measure() -> None:
    links = {}
    for row in CONTENTS.iter_rows():
        for cell in row:
            if cell.hyperlink is not None:
                name, place = str(cell.hyperlink.location).replace("'", "").split("!")
                assert name == ENTRIES.title
                links[str(cell.value)] = ENTRIES[place].value
    counts = [row[2] for row in CONTENTS.iter_rows(values_only=True) if isinstance(row[2], int)]

    assert links == {
        "政策总体": "validity",
        WORKED.measure: WORKED.id,
        LENGTHY.measure: "long",
        "主管部门的答复": "office",
        "文件没有写明的": "deadline",
    }
    assert counts == [1, 2, 1, 1, 1, 6]


def test_rows_wrap_and_are_tall_enough_and_the_sheet_prints_on_a4() -> None:
    heights = [ENTRIES.row_dimensions[row].height for row in range(2, 8)]

    assert all(cell.alignment.wrap_text for row in ENTRIES.iter_rows() for cell in row)
    assert heights[0] == 64.0  # two paragraphs with an empty line between, and the place below the quotation
    assert max(heights) == heights[3] == 409.0
    assert ENTRIES.freeze_panes == "A2"
    assert ENTRIES.auto_filter.ref == "A1:J7"
    assert ENTRIES.print_title_rows == "$1:$1"
    assert (ENTRIES.page_setup.orientation, ENTRIES.page_setup.fitToWidth) == ("landscape", 1)
    assert ENTRIES.page_setup.fitToHeight == 0
