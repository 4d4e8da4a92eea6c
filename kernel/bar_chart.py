"""Sums drawn as horizontal bars in SVG, each with its name and figure as text."""

from collections.abc import Sequence
from html import escape
from itertools import accumulate
from unicodedata import east_asian_width

WIDTH, ROW, TOP = 720, 26, 12
LEFT, RIGHT = 270, 120  # room for the names and for the figures
LETTERS = 38  # that fit there


def bar_chart(title: str, bars: Sequence[tuple[str, int, str]]) -> str:
    """Return the picture of (name, size, figure) rows; a negative size is drawn in another colour."""
    largest = max((abs(size) for _name, size, _figure in bars), default=0) or 1
    marks = []
    for place, (name, size, figure) in enumerate(bars):
        y, length = TOP + place * ROW, abs(size) / largest * (WIDTH - LEFT - RIGHT)
        colour = "#0f766e" if size >= 0 else "#b45309"
        marks.append(
            f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end" fill="#374151">{escape(_short(name))}</text>'
            f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{ROW - 8}" fill="{colour}">'
            f"<title>{escape(name)}: {escape(figure)}</title></rect>"
            f'<text x="{LEFT + length + 6:.1f}" y="{y + 15}" fill="#374151">{escape(figure)}</text>'
        )
    height = TOP * 2 + max(len(bars), 1) * ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="12"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>{"".join(marks)}</svg>'
    )


def _short(name: str) -> str:
    """Cut a name that does not fit; a Chinese character is as wide as two letters."""
    ends = list(accumulate(2 if east_asian_width(character) in "WF" else 1 for character in name))
    if not ends or ends[-1] <= LETTERS:
        return name
    return f"{name[: sum(end < LETTERS for end in ends)]}…"
