"""Every benchmark with its limits."""

from __future__ import annotations

from tests.bench import (
    allocation_batch,
    allocation_candidates,
    allocation_live,
    allocation_quality,
    allocation_races,
    allocation_violations,
    catalogue_page,
    hot_sku,
    import_adventureworks,
    order_1000,
    price_import,
    price_page,
    search,
    statement,
)
from tests.bench.harness import Bench

BENCHES: dict[str, Bench] = {
    bench.name: bench
    for bench in (
        price_page.BENCH,
        order_1000.BENCH,
        catalogue_page.BENCH,
        statement.BENCH,
        import_adventureworks.BENCH,
        price_import.BENCH,
        hot_sku.BENCH,
        search.BENCH,
        allocation_quality.BENCH,
        allocation_quality.FAIRNESS,
        allocation_live.BENCH,
        allocation_candidates.BENCH,
        allocation_batch.BENCH,
        allocation_violations.BENCH,
        allocation_races.BENCH,
    )
}
