"""The harness of `make bench`: what it prints, what it keeps, and when it fails."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.bench.benches import BENCHES
from tests.bench.harness import Bench, Case, Outcome, compare, run_benches

MACHINE = "2026-07-01, 2 cores"


def found(ratio: float, **more: Any) -> Callable[[], Outcome]:
    return lambda: Outcome([Case("page", ratio, ratio * 10, 10.0, 0.02, 3)], **more)


def die() -> Outcome:
    os._exit(9)


def fail() -> Outcome:
    raise RuntimeError("no such table")


def benches(**runs: Callable[[], Outcome]) -> dict[str, Bench]:
    return {name: Bench(name, "A fake.", {"page": 2.0}, run) for name, run in runs.items()}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results.md"


def told(known: Mapping[str, Bench], results: Path, *names: str) -> tuple[int, list[dict[str, Any]]]:
    out = io.StringIO()
    status = run_benches(known, names, results, lambda: MACHINE, out)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_benchmark_within_its_limit_is_one_json_line(results: Path) -> None:
    status, lines = told(benches(quick=found(1.25, notes=["small"])), results)
    assert status == 0
    (line,) = lines
    assert line.pop("peak_memory_mb") > 0
    case = {"ratio": 1.25, "limit": 2.0, "median_ms": {"contestant": 12.5, "floor": 10.0}, "cpu_seconds": 0.02}
    case["queries"] = 3
    assert line == {"bench": "quick", "ok": True, "cases": {"page": case}, "notes": ["small"], **case}


@pytest.mark.parametrize(
    ("run", "word"),
    [
        (found(2.01), None),
        (found(1.0, broken=["sold 201 of 200"]), "BROKEN: sold 201 of 200"),
        (lambda: Outcome(), None),
        (fail, "BROKEN: The benchmark failed: RuntimeError: no such table"),
        (die, "BROKEN: The benchmark died without an answer."),
    ],
    ids=["over its limit", "a broken promise", "nothing measured", "an exception", "a crash"],
)
def test_what_fails_one_benchmark_fails_the_run_and_not_the_next(
    run: Callable[[], Outcome], word: str | None, results: Path
) -> None:
    status, lines = told(benches(bad=run, good=found(1.0)), results)
    assert status == 1
    assert [(line["bench"], line["ok"]) for line in lines] == [("bad", False), ("good", True)]
    assert lines[0]["notes"] == ([word] if word else [])


def test_the_case_nearest_to_its_limit_stands_on_top(results: Path) -> None:
    cases = [Case("page", 1.9, 19.0, 10.0, 0.0), Case("book", 5.0, 50.0, 10.0, 0.0)]
    bench = Bench("two", "A fake.", {"page": 2.0, "book": 50.0}, lambda: Outcome(cases))
    _, (line,) = told({"two": bench}, results)
    assert (line["ratio"], line["limit"]) == (1.9, 2.0)


def test_an_unknown_name_runs_nothing(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(benches(quick=found(1.0)), results, "quick", "quik") == (2, [])
    assert capsys.readouterr().err == "There is no benchmark quik. There are: quick.\n"
    assert not results.exists()


def test_a_skipped_benchmark_says_why_and_is_no_failure(results: Path) -> None:
    status, (line,) = told(benches(real=lambda: Outcome(skipped="../shared is not here")), results)
    assert (status, line["ok"], line["skipped"]) == (0, True, "../shared is not here")
    assert "| real | ../shared is not here |" in results.read_text()


def test_one_that_is_run_alone_keeps_the_others_rows(results: Path) -> None:
    told(benches(first=found(1.0, notes=["old"]), second=found(1.5, notes=["kept: yes"])), results)
    told(benches(first=found(1.75, notes=["new"]), second=found(9.0)), results, "first")
    rows = [line for line in results.read_text().splitlines() if line.startswith(("| first", "| second", "- "))]
    assert [row.split(" | ")[:3] for row in rows] == [
        ["| first", "page", "1.75"],
        ["| second", "page", "1.50"],
        ["- first: new"],
        ["- second: kept: yes"],
    ]
    assert all(MACHINE in row for row in rows[:2])


def test_contestant_and_floor_take_turns_after_one_warm_up() -> None:
    done: list[str] = []
    case = compare(
        "turns",
        lambda: done.append("contestant"),
        lambda: done.append("floor"),
        rounds=2,
        before_contestant=lambda: done.append("before"),
        queries=4,
    )
    assert done == ["floor", "before", "contestant"] * 3
    assert (case.name, case.queries) == ("turns", 4)
    assert case.floor_ms is not None
    assert case.ratio == case.contestant_ms / case.floor_ms


def test_every_registered_benchmark_has_limits() -> None:
    assert all(bench.limits and name == bench.name for name, bench in BENCHES.items())
    assert {"price_page", "order_1000", "catalogue_page", "statement", "import_adventureworks", "hot_sku"} <= set(
        BENCHES
    )
