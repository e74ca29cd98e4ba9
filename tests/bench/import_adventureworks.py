"""The bicycle maker's whole set of files into an empty portal, and again: the second time changes nothing."""

from __future__ import annotations

from pathlib import Path

from portal.imports.folder import import_folder
from portal.imports.running import Totals
from tests.bench.harness import Bench, Case, Outcome, forget_peak_memory, timed
from tests.bench.machine import fresh_database

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "adventureworks"
SECONDS = 60


def run() -> Outcome:
    """What `manage.py import_folder` does, in this process; the ratio is seconds over 60."""
    if not DATA.is_dir():
        return Outcome(skipped="../shared/data/adventureworks is not here")
    fresh_database("adventureworks")
    forget_peak_memory()
    first: dict[str, Totals] = {}
    again: dict[str, Totals] = {}
    wall, cpu = timed(lambda: first.update(import_folder(DATA, "adventureworks")))
    wall_again, _cpu = timed(lambda: again.update(import_folder(DATA, "adventureworks")))
    outcome = Outcome([Case("whole set, of 60 s", wall / SECONDS, wall * 1000, None, cpu)])
    outcome.notes.append(
        f"{sum(totals.rows for totals in first.values()):,} rows in {wall:.1f} s, "
        f"{sum(totals.refused for totals in first.values())} refused; again in {wall_again:.1f} s"
    )
    for name, totals in again.items():
        if totals.created or totals.changed:
            outcome.broken.append(f"again, {name}: {totals.created} created, {totals.changed} changed")
    return outcome


BENCH = Bench("import_adventureworks", "Import the AdventureWorks set", {"whole set, of 60 s": 1.0}, run)
