"""Arrow's functions without types: the published stubs refuse many calls that Arrow takes (`equal(array, 0)`)."""

from typing import Any

import pyarrow
import pyarrow.compute

arrow: Any = pyarrow
compute: Any = pyarrow.compute
