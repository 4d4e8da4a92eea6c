import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.exchange import Exchange


@pytest.fixture(scope="package")
def exchange() -> Iterator[Exchange]:
    """One running exchange for all these tests; each test leaves it whole again."""
    with tempfile.TemporaryDirectory(prefix="dawan-faults-", ignore_cleanup_errors=True) as folder:
        running = Exchange(Path(folder))
        try:
            running.open()
            yield running
        finally:
            running.close()
