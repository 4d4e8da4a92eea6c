"""The index drawn as SVG: one line per part over the quarters, with its values as text for who cannot see it."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from django.utils.translation import gettext as _

from accounts.models import Venue
from marketplace.models import IndexPoint, StatisticEdition
from marketplace.statistics.editions import LEVELS

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 24, 56
COLOURS = {"composite": "#0f766e", "listings": "#b45309", "trades": "#1d4ed8", "prices": "#9d174d"}

Place = Callable[[int, float], tuple[float, float]]
Series = Mapping[str, Sequence[int | None]]  # by part: hundredths of a point, None where withheld


def chart_of(venue: Venue, product_type: str) -> str:
    """Return the picture of a venue's published index."""
    points = IndexPoint.objects.filter(
        edition__state=StatisticEdition.State.PUBLISHED, edition__venue=venue, product_type=product_type
    )
    rows = list(points.order_by("edition__quarter").values("edition__quarter", *LEVELS))
    return index_chart(
        [row["edition__quarter"] for row in rows], {name: [row[name] for row in rows] for name in LEVELS}
    )


def index_chart(quarters: Sequence[str], series: Series) -> str:
    """Return the picture; `series` has a value per quarter for each part."""
    title = escape(_("Exchange index"))
    values = [value / 100 for part in series.values() for value in part if value is not None]
    if not values:
        nothing = escape(_("No figures are published yet."))
        return _svg(title, f'<text x="{WIDTH / 2}" y="{HEIGHT / 2}" text-anchor="middle">{nothing}</text>')
    low, high = min(0.0, *values), max(values) * 1.05 or 1.0

    def place(column: int, value: float) -> tuple[float, float]:
        step = (WIDTH - LEFT - RIGHT) / max(len(quarters) - 1, 1)
        return LEFT + column * step, TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    marks = [*_grid(low, high, place), *_names(quarters, place, low)]
    for number, (part, points) in enumerate(series.items()):
        marks += _line(part, quarters, points, place)
        marks.append(
            f'<text x="{LEFT + number * 150}" y="{HEIGHT - 8}" fill="{COLOURS[part]}">{escape(_part_name(part))}</text>'
        )
    return _svg(title, "".join(marks))


def _part_name(part: str) -> str:
    return {
        "composite": _("composite"),
        "listings": _("listings"),
        "trades": _("trades"),
        "prices": _("prices"),
    }[part]


def _svg(title: str, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}" '
        f'font-family="sans-serif" font-size="12"><title>{title}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>{inside}</svg>'
    )


def _grid(low: float, high: float, place: Place) -> list[str]:
    marks = []
    for part in range(5):
        value = low + (high - low) * part / 4
        _x, y = place(0, value)
        marks.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>')
        marks.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#374151">{value:.0f}</text>')
    return marks


def _names(quarters: Sequence[str], place: Place, low: float) -> list[str]:
    every = len(quarters) // 8 + 1
    return [
        f'<text x="{place(column, low)[0]:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#374151">'
        f"{escape(quarter)}</text>"
        for column, quarter in enumerate(quarters)
        if column % every == 0
    ]


def _line(part: str, quarters: Sequence[str], points: Sequence[int | None], place: Place) -> list[str]:
    marks, before = [], None
    for column, value in enumerate(points):
        if value is None:
            before = None
            continue
        x, y = place(column, value / 100)
        if before:
            marks.append(
                f'<line x1="{before[0]:.1f}" y1="{before[1]:.1f}" x2="{x:.1f}" y2="{y:.1f}" '
                f'stroke="{COLOURS[part]}" stroke-width="2"/>'
            )
        told = escape(f"{_part_name(part)} {quarters[column]}: {value / 100:.2f}")
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[part]}"><title>{told}</title></circle>')
        before = (x, y)
    return marks
