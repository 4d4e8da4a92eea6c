"""The guide names every role, scope and permission."""

from pathlib import Path

import pytest

from accounts.permissions import ROLE_PERMISSIONS, SCOPE_PERMISSIONS, Permission

GUIDE = (Path(__file__).parents[2] / "docs" / "accounts.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*ROLE_PERMISSIONS, *SCOPE_PERMISSIONS, *Permission])
def test_the_guide_names_it(name):
    assert name in GUIDE
