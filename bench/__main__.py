"""Run the benchmarks: all of them, or those named.

python -m bench [loop] [ledger] [settlement] [books] [profiling] [catalogue] [relevance] [border] [gateway] [files]
                [sharing] [clean_room]
"""

import subprocess
import sys

BENCHMARKS = (
    "ledger",
    "settlement",
    "books",
    "profiling",
    "catalogue",
    "relevance",
    "border",
    "gateway",
    "files",
    "sharing",
    "clean_room",
    "loop",
)


def main(names: list[str]) -> int:
    """Run each in a process of its own, so that one's memory is not another's; return 1 if any failed."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.")
    failed = False
    for name in names or BENCHMARKS:
        print(f"== {name}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode != 0
    return int(failed)


sys.exit(main(sys.argv[1:]))
