"""A report's first rows as bars."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from kernel.bar_chart import bar_chart
from marketplace.reports.table import Line, Report, minor_of, readable

SHOWN = 15


def picture_of(report: Report, lines: Sequence[Line]) -> str:
    """Return the report's picture as SVG; it says so when there is nothing to show."""
    [measure] = report.places(report.measure)
    names = report.places(*report.names)
    bars = [
        (" · ".join(str(cells[place]) for place in names), minor_of(cells[measure]), readable(cells[measure]))
        for cells in (line.cells for line in lines[:SHOWN])
    ]
    return bar_chart(str(report.title), bars or [(_("Nothing in these days."), 0, "")])
