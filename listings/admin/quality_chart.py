"""The quality of a dataset's versions, drawn as a line; the table below it says the same in figures."""

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

WIDTH, HEIGHT, MARGIN = 640, 160, 24
SHOWN = 30  # versions


def quality_chart(versions: Sequence[Any]) -> SafeString:
    """Draw the scores of versions from the oldest to the newest; each has `report`, `release_number` and `number`."""
    points = [(_across(place, len(versions)), _up(version.report["score"])) for place, version in enumerate(versions)]
    line = " ".join(f"{x},{y}" for x, y in points)
    dots = format_html_join(
        "",
        '<circle cx="{}" cy="{}" r="4" fill="currentColor"><title>{}: {} ({})</title></circle>',
        (
            (x, y, version.release_number or version.number, version.report["score"], version.report["grade"])
            for (x, y), version in zip(points, versions, strict=True)
        ),
    )
    levels = format_html_join(
        "",
        '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="currentColor" stroke-opacity="0.2" />'
        '<text x="0" y="{}" font-size="10" fill="currentColor">{}</text>',
        ((MARGIN, WIDTH, _up(level), _up(level), _up(level) + 3, level) for level in (0, 60, 75, 90, 100)),
    )
    rows = format_html_join(
        "",
        '<tr><td class="px-2">{}</td><td class="px-2">{}</td><td class="px-2">{}</td></tr>',
        (
            (version.release_number or version.number, version.report["score"], version.report["grade"])
            for version in versions
        ),
    )
    return format_html(
        '<svg viewBox="0 0 {} {}" width="{}" role="img" aria-label="{}">{}<polyline points="{}" fill="none" '
        'stroke="currentColor" stroke-width="2" />{}</svg><table>{}</table>',
        WIDTH,
        HEIGHT,
        WIDTH,
        _("Quality of the versions, from the oldest to the newest"),
        levels,
        line,
        dots,
        rows,
    )


def _across(place: int, count: int) -> float:
    return round(MARGIN + 8 + place * (WIDTH - MARGIN - 16) / max(count - 1, 1), 1)


def _up(score: float) -> float:
    return round(HEIGHT - 8 - score * (HEIGHT - 16) / 100, 1)
