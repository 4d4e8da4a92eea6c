"""Names in a bar chart stay within their room, in letters and in Chinese."""

import pytest

from kernel.bar_chart import bar_chart


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Victoria Harbour Analytics · CNY", "Victoria Harbour Analytics · CNY"),
        ("x" * 39, "x" * 37 + "…"),
        ("岭南地理信息有限公司", "岭南地理信息有限公司"),
        ("海" * 20, "海" * 18 + "…"),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_a_name_is_cut_by_its_width(name: str, shown: str) -> None:
    assert f">{shown}</text>" in bar_chart("Sums", [(name, 1, "0.01")])
