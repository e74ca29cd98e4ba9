"""What deciding consumer orders costs, over what deciding all of them with hindsight would have cost.

With normal stock each order is decided when it comes, which is the default; with scarce stock in windows, a third of
the orders at a time, which is what a rule for scarce goods asks for. The other way stands beside it in the notes.

The optimum is of the same instance in the same run, over every outlet that has the goods: HiGHS proves a bound that no
way of deciding can be below, and ratios stand on that bound, so they are if anything too high. Cost is freight, top-ups
and lines that nobody fulfils. Nearest-first, as many shops send, stands beside it and must be worse on every seed.

How evenly dealers are given units and how often orders are split comes from the same runs: `allocation_fairness` reads
what `allocation_quality` left under `var`, unless the code changed since.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from time import perf_counter

from pricing.margins.amounts import percent
from tests.bench.allocation_world import Size, World, clairvoyant, gini, in_windows, nearest_first, one_by_one, rule
from tests.bench.harness import Bench, Case, Outcome, cpu_seconds, forget_peak_memory

SEEDS = range(1, 11)
#: How many windows an instance is decided in.
WINDOWS = 3
NORMAL, SCARCE = "normal stock, 4×", "scarce stock, 1.1×"
SIZES = {
    NORMAL: Size(dealers=80, skus=50, orders=640, supply=4.0, floor=percent(18)),
    SCARCE: Size(dealers=60, skus=40, orders=400, supply=1.1, floor=percent(12)),
}
LIMITS = {NORMAL: 1.03, SCARCE: 1.15}
#: How each family is decided: which of a run's ratios its limit holds for.
WAYS = {NORMAL: "one_by_one", SCARCE: "windows"}
SPLIT, GINI = "split rate ÷ optimum's", "Gini of units ÷ entitlement"
#: How long the solver may take for one instance; what it has proven by then is the bound.
SOLVER_SECONDS = 90.0
ROOT = Path(__file__).resolve().parents[2]

Seed = dict[str, float]


def run() -> Outcome:
    """Every family and seed; the runs are kept for `allocation_fairness`."""
    outcome, kept = Outcome(), dict[str, list[Seed]]()
    forget_peak_memory()
    for name, size in SIZES.items():
        runs, way = [seed_run(size, seed) for seed in SEEDS], WAYS[name]
        kept[name] = runs
        outcome.cases.append(
            Case(
                name,
                median(each[way] for each in runs),
                median(each["ms"] for each in runs),
                median(each["optimum_ms"] for each in runs),
                median(each["cpu"] for each in runs),
            )
        )
        outcome.notes.append(_told(name, size, runs))
        if any(each[way] >= each["nearest"] for each in runs):
            outcome.broken.append(f"{name}: nearest-first was no worse on a seed")
        if max(each["gap"] for each in runs) > 1.01:
            outcome.notes.append(f"{name}: the solver's time ended before it proved 1 % on a seed")
    _keep(kept)
    return outcome


def run_fairness() -> Outcome:
    """Splits and evenness of the runs with normal stock, with the default of 1.00 for a whole entitlement."""
    runs = _kept().get(NORMAL) or [seed_run(SIZES[NORMAL], seed) for seed in SEEDS]
    found = {SPLIT: [each["split"] for each in runs], GINI: [each["gini"] for each in runs]}
    cases = [
        Case(name, median(values), median(each["ms"] for each in runs), None, median(each["cpu"] for each in runs))
        for name, values in found.items()
    ]
    notes = [
        f"{name}: {len(values)} seeds, median {median(values):.2f}, worst {max(values):.2f}"
        for name, values in found.items()
    ]
    notes.append(
        f"Gini of the optimum, which knows no fairness: median {median(each['optimum_gini'] for each in runs):.2f}; "
        f"nearest-first splits {median(each['nearest_split'] for each in runs):.1f} times as often as the optimum"
    )
    return Outcome(cases=cases, notes=notes)


def seed_run(size: Size, seed: int) -> Seed:
    """One instance decided in every way, each in a world of its own; costs as ratios to the proven bound."""
    start = perf_counter()
    hindsight = World(size, seed)
    optimum, bound = clairvoyant(hindsight, seconds=SOLVER_SECONDS)
    optimum_ms = (perf_counter() - start) * 1000
    world = World(size, seed)
    start, cpu = perf_counter(), cpu_seconds()
    ours = one_by_one(world, rule())
    cpu, taken = cpu_seconds() - cpu, perf_counter() - start
    nearest = nearest_first(World(size, seed))
    windows = in_windows(World(size, seed), rule(), -(-size.orders // WINDOWS))
    return {
        "one_by_one": ours.cost / bound,
        "nearest": nearest.cost / bound,
        "windows": windows.cost / bound,
        "gap": optimum.cost / bound,
        "split": ours.split_rate / optimum.split_rate,
        "nearest_split": nearest.split_rate / optimum.split_rate,
        "gini": gini(world, ours.units),
        "optimum_gini": gini(hindsight, optimum.units),
        "unfilled": ours.unfilled,
        "optimum_unfilled": optimum.unfilled,
        "ms": taken * 1000 / size.orders,
        "cpu": cpu / size.orders,
        "optimum_ms": optimum_ms / size.orders,
    }


def _told(name: str, size: Size, runs: list[Seed]) -> str:
    def both(key: str) -> str:
        values = [each[key] for each in runs]
        return f"{median(values):.3f}, worst {max(values):.3f}"

    unfilled = median(each["unfilled"] for each in runs), median(each["optimum_unfilled"] for each in runs)
    return (
        f"{name}: {size.dealers} dealers, {size.skus} SKUs, {size.orders} orders, {len(runs)} seeds; medians: "
        f"one by one {both('one_by_one')}; in {WINDOWS} windows {both('windows')}; nearest-first {both('nearest')}; "
        f"the solver's own solution {both('gap')} of its bound; lines unfilled one by one {unfilled[0]:g}, by the "
        f"optimum {unfilled[1]:g}; ms and CPU are per order one by one, the floor is the solver's"
    )


def _keep(runs: Mapping[str, list[Seed]]) -> None:
    _place().parent.mkdir(parents=True, exist_ok=True)
    _place().write_text(json.dumps({"code": _code(), "runs": runs}), encoding="utf-8")


def _kept() -> dict[str, list[Seed]]:
    if not _place().exists():
        return {}
    found = json.loads(_place().read_text(encoding="utf-8"))
    return found["runs"] if found["code"] == _code() else {}


def _place() -> Path:
    return Path(os.environ["PORTAL_VAR"]) / "allocation_runs.json"


def _code() -> str:
    """What the runs depend on; the same code decides the same."""
    digest = hashlib.sha256()
    for folder in ("fulfilment/allocation", "pricing/margins"):
        for path in sorted((ROOT / folder).glob("*.py")):
            digest.update(path.read_bytes())
    for name in ("allocation_world.py", "allocation_quality.py"):
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()


BENCH = Bench("allocation_quality", "Cost of allocation over the optimum with hindsight", LIMITS, run)
FAIRNESS = Bench("allocation_fairness", "Splits and evenness of allocation", {SPLIT: 1.3, GINI: 0.30}, run_fairness)
