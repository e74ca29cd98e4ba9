"""The bicycle maker's whole set of files into an empty portal, and again: the second time changes nothing."""

from __future__ import annotations

from pathlib import Path

from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from portal.imports.folder import import_folder
from portal.imports.running import Totals
from tests.bench.harness import Bench, Case, Outcome, forget_peak_memory, timed
from tests.bench.machine import fresh_database

Product = get_model("catalogue", "Product")
ProductImage = get_model("catalogue", "ProductImage")

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "adventureworks"
SECONDS = 60
EXPECTED = {"products": 504, "dealers": 701, "with pictures": True}


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
    found = {
        "products": Product.objects.exclude(structure=Product.PARENT).count(),
        "dealers": Dealer.objects.count(),
        "with pictures": ProductImage.objects.exists(),
    }
    outcome.notes.append(
        f"{sum(totals.rows for totals in first.values()):,} rows in {wall:.1f} s, "
        f"{sum(totals.refused for totals in first.values())} refused; again in {wall_again:.1f} s"
    )
    if found != EXPECTED:
        outcome.broken.append(f"{found} instead of {EXPECTED}")
    for name, totals in again.items():
        if totals.created or totals.changed:
            outcome.broken.append(f"again, {name}: {totals.created} created, {totals.changed} changed")
    return outcome


BENCH = Bench("import_adventureworks", "Import the AdventureWorks set", {"whole set, of 60 s": 1.0}, run)
