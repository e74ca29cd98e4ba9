"""`python -m tests.bench [NAME…]`: run the benchmarks against a durable server of their own under `var/bench`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VAR = Path(os.environ.setdefault("PORTAL_VAR", str(Path(__file__).resolve().parents[2] / "var" / "bench")))
GIVEN = {"DATABASE_URL", "BROKER_URL", "CACHE_URL"} <= os.environ.keys()


def main(names: list[str]) -> int:
    """Start a durable server unless one is given, run, and stop what was started here."""
    from portal.operations import embedded

    started = not GIVEN and not embedded.is_running(VAR)
    if started:
        embedded.ensure_running(VAR, durable=True)
    try:
        from tests.bench import machine  # attaches to the server that runs now

        with machine.prepared():
            from tests.bench.benches import BENCHES
            from tests.bench.harness import run_benches

            return run_benches(BENCHES, names, Path(__file__).with_name("results.md"), machine.describe, sys.stdout)
    finally:
        if started:
            embedded.stop(VAR)


if __name__ == "__main__":
    sys.exit(main([name for name in sys.argv[1:] if name]))
