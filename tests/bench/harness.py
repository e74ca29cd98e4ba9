"""Measuring: contestant and floor in turn in one process, one JSON line a benchmark, a table of the last results.

A benchmark is a function that returns an `Outcome`. Seconds differ from machine to machine, so limits stand on ratios:
the contestant's median over the floor's, both from the same run.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, TextIO

ROUNDS = 7
CLEAR_PEAK = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")

Work = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One comparison within a benchmark. Times are medians in ms; `cpu_seconds` is one run of the contestant's own
    process and its children, without the database server's."""

    name: str
    ratio: float
    contestant_ms: float
    floor_ms: float | None
    cpu_seconds: float
    queries: int | None = None


@dataclass
class Outcome:
    """What a benchmark found. `broken` names promises besides the limits that did not hold; any fails it."""

    cases: list[Case] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    skipped: str = ""


@dataclass(frozen=True)
class Bench:
    """A benchmark: what it measures, the highest ratio of each of its cases, and the function that runs it."""

    name: str
    about: str
    limits: Mapping[str, float]
    run: Callable[[], Outcome]


@dataclass(frozen=True)
class Record:
    """A benchmark's outcome as it is published."""

    bench: Bench
    outcome: Outcome
    peak_memory_mb: float

    @property
    def worst(self) -> Case | None:
        """The case that is nearest to its limit, or furthest over it."""
        return max(self.outcome.cases, key=lambda case: case.ratio / (self.bench.limits[case.name] or 1), default=None)

    @property
    def ok(self) -> bool:
        """Whether every case was measured and kept its limit, and nothing else broke. Skipped is no failure."""
        if self.outcome.skipped:
            return True
        measured = {case.name: case.ratio for case in self.outcome.cases}
        kept = all(name in measured and measured[name] <= limit for name, limit in self.bench.limits.items())
        return kept and not self.outcome.broken

    def line(self) -> dict[str, Any]:
        """The JSON line: the worst case on top, every case below `cases`."""
        worst = self.worst
        line: dict[str, Any] = {
            "bench": self.bench.name,
            "ratio": worst and round(worst.ratio, 2),
            "limit": worst and self.bench.limits[worst.name],
            "ok": self.ok,
            "median_ms": worst and _medians(worst),
            "cpu_seconds": worst and round(worst.cpu_seconds, 4),
            "peak_memory_mb": round(self.peak_memory_mb, 1),
            "queries": worst and worst.queries,
            "cases": {case.name: self._case(case) for case in self.outcome.cases},
            "notes": [*self.outcome.notes, *(f"BROKEN: {promise}" for promise in self.outcome.broken)],
        }
        if self.outcome.skipped:
            line["skipped"] = self.outcome.skipped
        return line

    def _case(self, case: Case) -> dict[str, Any]:
        return {
            "ratio": round(case.ratio, 2),
            "limit": self.bench.limits[case.name],
            "median_ms": _medians(case),
            "cpu_seconds": round(case.cpu_seconds, 4),
            "queries": case.queries,
        }


def compare(
    name: str,
    contestant: Work,
    floor: Work,
    *,
    rounds: int = ROUNDS,
    before_contestant: Work | None = None,
    before_floor: Work | None = None,
    queries: int | None = None,
) -> Case:
    """Run both in turn, `rounds` times after one warm-up each. What stands in `before_…` is not timed."""
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for place in range(rounds + 1):
        for work, before, times in ((floor, before_floor, theirs), (contestant, before_contestant, ours)):
            if before:
                before()
            taken = timed(work)
            if place:
                times.append(taken)
    contestant_ms = median(wall for wall, _ in ours) * 1000
    floor_ms = median(wall for wall, _ in theirs) * 1000
    return Case(name, contestant_ms / floor_ms, contestant_ms, floor_ms, median(cpu for _, cpu in ours), queries)


def timed(work: Work) -> tuple[float, float]:
    """Wall and CPU seconds of one run; what earlier runs left is collected first."""
    gc.collect()
    cpu, wall = cpu_seconds(), perf_counter()
    work()
    return perf_counter() - wall, cpu_seconds() - cpu


def cpu_seconds() -> float:
    """User and system time of this process and its finished children."""
    usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def forget_peak_memory() -> None:
    """Let the peak start from here: building the data is not what is measured. Without effect where Linux says no."""
    gc.collect()
    if CLEAR_PEAK.exists():
        CLEAR_PEAK.write_text("5")


def peak_memory_mb() -> float:
    """The highest resident memory of this process since `forget_peak_memory`, or of one of its children if higher."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if STATUS.exists():
        own = next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def in_process_of_its_own(bench: Bench) -> Record:
    """Run a benchmark in a fork, so that memory and CPU are its own and a crash is its own."""
    context = get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(bench, sending))
    process.start()
    sending.close()
    try:
        outcome, peak = receiving.recv()
    except EOFError:
        outcome, peak = Outcome(broken=["The benchmark died without an answer."]), 0.0
    process.join()
    return Record(bench, outcome, peak)


def _child(bench: Bench, sending: Connection) -> None:
    try:
        outcome = bench.run()
    except Exception as why:
        traceback.print_exc()
        outcome = Outcome(broken=[f"The benchmark failed: {type(why).__name__}: {why}"])
    sending.send((outcome, peak_memory_mb()))
    sending.close()


def run_benches(
    benches: Mapping[str, Bench], names: Iterable[str], results: Path, machine: Callable[[], str], out: TextIO
) -> int:
    """Run all, or those named; print a line each and keep the table. 0: all good, 1: one over its limit, 2: unknown."""
    wanted = list(names) or list(benches)
    unknown = [name for name in wanted if name not in benches]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(benches)}.", file=sys.stderr)
        return 2
    records = []
    for name in wanted:
        record = in_process_of_its_own(benches[name])
        print(json.dumps(record.line(), ensure_ascii=False), file=out, flush=True)
        records.append(record)
    write_results(results, records, list(benches), machine())
    return 0 if all(record.ok for record in records) else 1


HEAD = """# Results

The last run of each benchmark (`make bench`, `make bench WHAT=name`). A ratio is the contestant's median over the
floor's, both from the same run; CPU is one run of our own process, without the database server's.

| benchmark | case | ratio | limit | ok | contestant, ms | floor, ms | CPU, s | peak memory, MB | queries | run |
|---|---|---|---|---|---|---|---|---|---|---|
"""
NOTES = "## Notes"


def write_results(path: Path, records: Sequence[Record], order: Sequence[str], machine: str) -> None:
    """Write the table; benchmarks that were not run this time keep their rows and notes."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    table, _, notes = old.partition(NOTES)
    rows = _by_name(table, "| ")
    words = _by_name(notes, "- ")
    for record in records:
        name = record.bench.name
        rows[name] = _rows(record, machine)
        words[name] = [f"- {name}: {note}" for note in record.line()["notes"]]
    lines = [line for name in order for line in rows.get(name, ())]
    below = [line for name in order for line in words.get(name, ())]
    path.write_text(HEAD + "\n".join(lines) + f"\n\n{NOTES}\n\n" + "\n".join(below) + "\n", encoding="utf-8")


def _by_name(text: str, mark: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith(mark) and not line.startswith("| benchmark "):
            name = line.removeprefix(mark).split(" |")[0].split(":")[0]
            found.setdefault(name, []).append(line)
    return found


def _rows(record: Record, machine: str) -> list[str]:
    name, ok = record.bench.name, "yes" if record.ok else "NO"
    if not record.outcome.cases:
        why = record.outcome.skipped or "; ".join(record.outcome.broken)
        return [f"| {name} | {why} | | | {'skipped' if record.outcome.skipped else ok} | | | | | | {machine} |"]
    return [
        f"| {name} | {case.name} | {case.ratio:.2f} | {record.bench.limits[case.name]:g} | {ok} "
        f"| {case.contestant_ms:,.1f} | {'' if case.floor_ms is None else f'{case.floor_ms:,.2f}'} "
        f"| {case.cpu_seconds:.3f} | {record.peak_memory_mb:.0f} | {'' if case.queries is None else case.queries} "
        f"| {machine} |"
        for case in record.outcome.cases
    ]


def _medians(case: Case) -> dict[str, float | None]:
    floor = None if case.floor_ms is None else round(case.floor_ms, 3)
    return {"contestant": round(case.contestant_ms, 3), "floor": floor}
