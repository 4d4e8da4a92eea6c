"""Putting a drafted paper on pages: DOCX, to be edited, and PDF, to be read."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from kernel.fonts import chinese_font


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs, or a table of labels and values, or both."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    table: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Form:
    """A form in which papers are drafted."""

    media_type: str
    render: Callable[[str, Sequence[Section], str], bytes]


def as_docx(title: str, sections: Sequence[Section], note: str) -> bytes:
    """Return an Office Open XML document."""
    from docx import Document  # noqa: PLC0415 - few requests need it
    from docx.oxml.ns import qn  # noqa: PLC0415

    document = Document()
    style = document.styles["Normal"]
    style.font.name = "SimSun"
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "SimSun")
    document.add_heading(title, level=0)
    for section in sections:
        document.add_heading(section.heading, level=2)
        for text in section.paragraphs:
            document.add_paragraph(text)
        if section.table:
            table = document.add_table(rows=0, cols=2, style="Table Grid")
            for label, value in section.table:
                row = table.add_row().cells
                row[0].text, row[1].text = label, value
    document.add_paragraph(note)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def as_pdf(title: str, sections: Sequence[Section], note: str) -> bytes:
    """Return a PDF document."""
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415 - few requests need it
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle  # noqa: PLC0415

    body = ParagraphStyle("body", fontName=chinese_font("zh-Hans"), fontSize=10.5, leading=16, wordWrap="CJK")
    heading = ParagraphStyle("heading", parent=body, fontSize=13, leading=22, spaceBefore=8)
    top = ParagraphStyle("title", parent=body, fontSize=18, leading=30, alignment=1)

    def text(words: str, style: ParagraphStyle = body) -> Paragraph:
        return Paragraph(escape(words), style)

    story: list[Flowable] = [text(title, top)]
    for section in sections:
        story.append(text(section.heading, heading))
        story += [text(words) for words in section.paragraphs]
        if section.table:
            rows = [[text(label), text(value)] for label, value in section.table]
            grid = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "#888888"), ("VALIGN", (0, 0), (-1, -1), "TOP")])
            story.append(Table(rows, colWidths=[140, 310], style=grid))
    story += [Spacer(1, 12), text(note)]
    target = io.BytesIO()
    SimpleDocTemplate(target, pagesize=A4, title=title, invariant=1).build(story)
    return target.getvalue()


FORMS: Mapping[str, Form] = {
    "docx": Form("application/vnd.openxmlformats-officedocument.wordprocessingml.document", as_docx),
    "pdf": Form("application/pdf", as_pdf),
}
