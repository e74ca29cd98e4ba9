"""Many consumer orders decided together: a window of 400 from the database, and ten thousand with hindsight.

Limits here are seconds. A window is read with `situation.snapshots`, ten thousand dealers and a million stock rows
behind it, and decided by `plan_batch`. The oracle is the made-up instance of `allocation_world` with 10,000 dealers and
10,000 orders, over the outlets nearest to each line, solved by HiGHS to a proven gap.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter

from fulfilment.allocation import situation
from fulfilment.allocation.batch import plan_batch
from fulfilment.allocation.routing import order_facts
from fulfilment.allocation.rulesets import live
from fulfilment.consumer.models import ConsumerOrder, ConsumerOrderLine
from portal.operations.collector import spare_what_is_loaded
from tests.bench.allocation_world import Size, World, clairvoyant
from tests.bench.harness import Bench, Case, Outcome, cpu_seconds, forget_peak_memory
from tests.bench.network import CURRENCY, LARGE, network

WINDOW, WINDOWS, NEAR = 400, 5, 12
BATCH, ORACLE = "seconds for 400 orders together", "seconds for 10,000 × 10,000 with hindsight"
LIMITS = {BATCH: 2.0, ORACLE: 120.0}
HINDSIGHT = Size(dealers=10_000, skus=60, orders=10_000, supply=5.0)
GAP, HINDSIGHT_GAP = 0.002, 0.01


def run() -> Outcome:
    """Some windows, one after the other, and the oracle once."""
    network(LARGE, copied=False)
    spare_what_is_loaded()  # as a worker does when it starts
    forget_peak_memory()
    outcome = Outcome()
    times, reading, cpu = [], [], []
    for start in range(0, WINDOW * (WINDOWS + 1), WINDOW):
        spent, begun = cpu_seconds(), perf_counter()
        read, decided, parts = _window(start)
        times.append(perf_counter() - begun)
        reading.append(read - begun)
        cpu.append(cpu_seconds() - spent)
        if decided != WINDOW or not parts:
            outcome.broken.append(f"{decided} plans of {WINDOW} orders, {parts} parcels")
    seconds = median(times[1:])
    outcome.cases.append(Case(BATCH, seconds, 1000 * seconds, None, median(cpu[1:])))
    outcome.notes.append(f"of the window's time {median(reading[1:]):.2f} s are reading the situation of 400 orders")
    _oracle(outcome)
    return outcome


def _window(start: int) -> tuple[float, int, int]:
    """Decide some orders together without carrying it out; when the situation was read, how many plans and parcels."""
    now, (_set, rules) = situation.clock(), live()
    terms = situation.terms_now(now)
    rows = list(ConsumerOrder.objects.select_related("channel").order_by("pk")[start : start + WINDOW])
    lines: dict[int, list[ConsumerOrderLine]] = {}
    for line in ConsumerOrderLine.objects.filter(order__in=rows).order_by("order", "position"):
        lines.setdefault(line.order_id, []).append(line)
    wanted = order_facts(rows, lines, terms)
    snapshots = situation.snapshots(wanted, currency=CURRENCY, terms=terms, now=now, rules=rules)
    read = perf_counter()
    plans = plan_batch(list(zip(wanted, snapshots, strict=True)), rules, gap=GAP)
    return read, len(plans), sum(len(made.parts) for made in plans)


def _oracle(outcome: Outcome) -> None:
    world = World(HINDSIGHT, 1)
    cpu, begun = cpu_seconds(), perf_counter()
    result, bound = clairvoyant(world, gap=HINDSIGHT_GAP, seconds=90.0, near=NEAR)
    seconds = perf_counter() - begun
    outcome.cases.append(Case(ORACLE, seconds, 1000 * seconds, None, cpu_seconds() - cpu))
    outcome.notes.append(
        f"with hindsight, over the {NEAR} nearest outlets with goods for each line: cost ÷ proven bound "
        f"{result.cost / bound:.4f}, {result.unfilled} lines unfilled, split rate {100 * result.split_rate:.1f} %"
    )
    if result.cost > bound * (1 + 2 * HINDSIGHT_GAP):
        outcome.broken.append("the gap was not proven")


BENCH = Bench("allocation_batch", "Decide many consumer orders together", LIMITS, run)
