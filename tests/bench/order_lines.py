from tests.bench.harness import Bench, Outcome
BENCH = Bench("order_lines", "", {}, lambda: Outcome(skipped="x"))
