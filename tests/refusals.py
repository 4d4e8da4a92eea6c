"""`with refused("code"):` — the act inside must be refused with that problem."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kernel.problems import Problem


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo[Problem]]:
    """Expect a Problem with this code; fails if none or another one is raised."""
    with pytest.raises(Problem) as caught:
        yield caught
    assert caught.value.code == code, caught.value
