"""A paper of one page or more as PDF: a title, facts by name, and a table of amounts; Chinese type, nothing to ship."""

import tempfile
from collections.abc import Sequence
from typing import IO

from django.utils.translation import get_language

from kernel.fonts import chinese_font

Cells = Sequence[str]


def paper(
    title: str, facts: Sequence[tuple[str, str]], table: Sequence[Cells] = (), notes: Sequence[str] = ()
) -> IO[bytes]:
    """Return a temporary file with the PDF; the table's first row is its head, its first column the widest."""
    from xml.sax.saxutils import escape  # noqa: PLC0415

    from reportlab.lib import colors  # noqa: PLC0415 - few requests need it
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle  # noqa: PLC0415

    font = chinese_font(get_language() or "")
    usual = ParagraphStyle("usual", fontName=font, fontSize=9.5, leading=14, wordWrap="CJK")
    large = ParagraphStyle("large", parent=usual, fontSize=15, leading=22)

    def words(text: str, style: ParagraphStyle = usual) -> Paragraph:
        return Paragraph(escape(text), style)

    lines = TableStyle([("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    story = [words(title, large), Spacer(1, 8)]
    story.append(Table([[words(name), words(said)] for name, said in facts], colWidths=(140, 370), style=lines))
    if table:
        wide = 510 - 78 * (len(table[0]) - 1)
        rows = [[words(cell) for cell in row] for row in table]
        story += [Spacer(1, 12), Table(rows, colWidths=(wide, *[78] * (len(table[0]) - 1)), style=lines, repeatRows=1)]
    for note in notes:
        story += [Spacer(1, 8), words(note)]
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    SimpleDocTemplate(file, pagesize=A4, title=title, invariant=1, leftMargin=42, rightMargin=42).build(story)
    file.seek(0)
    return file
