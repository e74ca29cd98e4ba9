"""Many orders decided together: the parcels whose cost is least over all of them, by HiGHS through scipy. Pure.

The same parcels that a single order is searched for become columns of a mixed-integer programme: a line is in at most
one parcel or unfilled, and stock, capacity and budgets hold over all orders. A parcel that is refused is no column, so
no margin can be undercut whatever the solver does. Worth it where stock is scarce and the window long.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csc_array

from fulfilment.allocation.facts import Method, Order, Snapshot
from fulfilment.allocation.parcels import Parcel, spent_by, taken_by
from fulfilment.allocation.plan import Decided, Plan, applies, decide, plan_onward
from fulfilment.allocation.rules import Rule
from fulfilment.allocation.search import MOST_EXACT, Search

#: Whole columns are looked for first among those that would cost at most this, in minor units, if they were forced in;
#: at last among those that could be part of anything better than the best found so far.
REACHES = (1.0, 2_00.0, 10_00.0)


class NotSolved(Exception):
    """The solver found no solution within its time."""


@dataclass(frozen=True, slots=True)
class Solution:
    """What a programme came to: the chosen columns, their cost, and a bound that no choice is below."""

    chosen: tuple[int, ...]
    cost: float
    bound: float


@dataclass(slots=True)
class Programme:
    """Columns of 0 or 1 with a cost each, and rows that say how much of something all columns may take at most.

    `base` is what no column at all costs; a column's cost is what it adds, below 0 when it saves.
    """

    base: int = 0
    costs: list[int] = field(default_factory=list)
    _rows: dict[Hashable, list[tuple[int, int]]] = field(default_factory=dict)
    _most: dict[Hashable, int] = field(default_factory=dict)

    def add(self, cost: int, uses: Iterable[tuple[Hashable, int, int]]) -> int:
        """Add a column that uses so much (second) of each row (first), of which there is so much (third)."""
        column = len(self.costs)
        self.costs.append(cost)
        for row, amount, most in uses:
            self._rows.setdefault(row, []).append((column, amount))
            self._most[row] = most
        return column

    def solve(self, *, gap: float, seconds: float) -> Solution:
        """The columns of least cost, off by no more than a share `gap` of the whole cost, `base` included.

        First in fractions, which bounds the cost and says what each column costs at least on top if it is forced in.
        Then in whole columns among those that cost next to nothing: what is better than the best of them uses a column
        left out, and so costs at least the bound and the `reach` on top. Where that does not prove the gap, again among
        more. Raises `NotSolved` when there is nothing within the time; within it the gap may not be proven.
        """
        if not self.costs:
            return Solution((), 0.0, 0.0)
        costs, (matrix, most) = np.array(self.costs, dtype=float), self._matrix()
        if matrix is None:
            chosen = np.flatnonzero(costs < 0)
            return Solution(tuple(chosen.tolist()), float(costs[chosen].sum()), float(costs[chosen].sum()))
        relaxed = linprog(costs, A_ub=matrix, b_ub=most, bounds=(0, 1), method="highs-ds")
        if relaxed.x is None:
            raise NotSolved(relaxed.message)
        bound, forced = float(relaxed.fun), costs - matrix.T @ relaxed.ineqlin.marginals
        best: Solution | None = None
        allowed = gap * (relaxed.fun + self.base)
        for reach in (*REACHES, math.inf):
            if reach == math.inf and best is not None:
                reach = best.cost - relaxed.fun
            kept = np.flatnonzero(forced <= reach)
            found = milp(
                costs[kept],
                integrality=np.ones(len(kept)),
                bounds=Bounds(0, 1),
                constraints=[LinearConstraint(matrix[:, kept], ub=most)],
                options={
                    "mip_rel_gap": allowed / 2 / max(1.0, abs(relaxed.fun)),
                    "time_limit": seconds / (len(REACHES) + 1),
                },
            )
            if found.x is not None:
                bound = max(bound, min(float(found.mip_dual_bound), relaxed.fun + reach))
                if best is None or found.fun < best.cost:
                    best = Solution(tuple(kept[found.x > 0.5].tolist()), float(found.fun), bound)
            if best is not None and best.cost - bound <= allowed:
                break
        if best is None:
            raise NotSolved(found.message)
        return replace(best, bound=bound)

    def _matrix(self) -> tuple[Any, Any]:
        """Rows by columns, and the most of each row. Rows that all columns together do not fill bind nothing."""
        binding = [row for row, uses in self._rows.items() if sum(amount for _, amount in uses) > self._most[row]]
        uses = [(place, column, amount) for place, row in enumerate(binding) for column, amount in self._rows[row]]
        if not uses:
            return None, None
        rows, columns, amounts = (np.array(each) for each in zip(*uses, strict=True))
        matrix = csc_array((amounts.astype(float), (rows, columns)), shape=(len(binding), len(self.costs)))
        return matrix, np.array([self._most[row] for row in binding], dtype=float)


@dataclass(frozen=True, slots=True)
class Opened:
    """An order at the first rule that is for it."""

    order: Order
    snapshot: Snapshot
    place: int
    found: Decided


def plan_batch(
    orders: Sequence[tuple[Order, Snapshot]],
    rules: Sequence[Rule],
    *,
    gap: float = 0.002,
    seconds: float = 30.0,
) -> list[Plan]:
    """Decide orders together, in the order given; every snapshot is of the same moment, of the outlets near its order.

    Each order is decided by the first rule that is for it; lines left over go on through the next rules one order
    after the other, with the stock the others left. Raises `NotSolved`.
    """
    opened = {
        place: found for place, (order, snapshot) in enumerate(orders) if (found := _open(order, snapshot, rules))
    }
    chosen, _ = cheapest_together(list(opened.values()), gap=gap, seconds=seconds)
    for one, parcels in zip(opened.values(), chosen, strict=True):
        one.found.search.best = parcels
    used = Used()
    for parcels in chosen:
        used.add(parcels)
    plans = []
    for place, (order, snapshot) in enumerate(orders):
        first = opened.get(place)
        before = [first.found] if first else []
        own = spent_by(first.found.search.best) if first else {}
        onward = rules[first.place + 1 :] if first else rules
        plans.append(plan_onward(order, used.left_of(snapshot, own), onward, before))
        used.add_plan(order, plans[-1], {each.rule.name for each in before})
    return plans


@dataclass(slots=True)
class Used:
    """What a batch has used up so far."""

    taken: dict[tuple[int, str], int] = field(default_factory=dict)
    booked: dict[int, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)

    def add(self, parcels: Sequence[Parcel]) -> None:
        """Parcels that the programme chose."""
        for place, quantity in taken_by(parcels).items():
            self.taken[place] = self.taken.get(place, 0) + quantity
        for parcel in parcels:
            outlet = parcel.candidate.outlet.id
            self.booked[outlet] = self.booked.get(outlet, 0) + 1
        for campaign, amount in spent_by(parcels).items():
            self.spent[campaign] = self.spent.get(campaign, 0) + amount

    def add_plan(self, order: Order, made: Plan, counted: set[str]) -> None:
        """The parts of a plan, but for those of rules that are counted already."""
        lines = {line.key: line for line in order.lines}
        for part in (each for each in made.parts if each.rule not in counted):
            self.booked[part.outlet] = self.booked.get(part.outlet, 0) + 1
            for key in part.keys:
                line, place = lines[key], (part.outlet, lines[key].sku)
                self.taken[place] = self.taken.get(place, 0) + line.quantity
                if line.campaign:
                    self.spent[line.campaign] = self.spent.get(line.campaign, 0) + part.settlements[key].top_up

    def left_of(self, snapshot: Snapshot, own: Mapping[str, int]) -> Snapshot:
        """A snapshot less what was used; what the order spent itself (`own`) is counted with its own parcels."""
        others = {campaign: amount - own.get(campaign, 0) for campaign, amount in self.spent.items()}
        return snapshot.less(self.taken, self.booked, others)


def cheapest_together(
    opened: Sequence[Opened], *, gap: float, seconds: float
) -> tuple[list[tuple[Parcel, ...]], Solution]:
    """For each order its parcels in the cheapest choice over all, and the solution. Costs count from leaving every line
    unfilled, so a parcel that fills lines costs its cost less what unfilled they would."""
    unfilled = sum(one.found.rule.weights.unfilled * len(one.found.search.keys) for one in opened)
    programme, columns = Programme(unfilled), list[tuple[int, Parcel]]()
    for place, one in enumerate(opened):
        for parcel in _columns(one.found.search):
            columns.append((place, parcel))
            worth = one.found.rule.weights.unfilled * len(parcel.keys)
            programme.add(parcel.cost - worth, _uses(place, parcel, one))
    solution = programme.solve(gap=gap, seconds=seconds)
    chosen: list[list[Parcel]] = [[] for _ in opened]
    for column in solution.chosen:
        place, parcel = columns[column]
        chosen[place].append(parcel)
    return [tuple(parcels) for parcels in chosen], solution


def _open(order: Order, snapshot: Snapshot, rules: Sequence[Rule]) -> Opened | None:
    if order.method is Method.DELIVERY and order.place is None:
        return None
    if order.decide_by is not None and snapshot.now >= order.decide_by:
        return None
    for place, rule in enumerate(rules):
        if applies(rule, order):
            return Opened(order, snapshot, place, decide(order, order.lines, snapshot, rule))
    return None


def _columns(search: Search) -> Iterable[Parcel]:
    """The parcels an order may be made of: of all groups of its lines; of a long order single lines, what each outlet
    can take together, and what was the best for it alone."""
    if not search.rule.split:
        groups = {search.keys}
    elif len(search.keys) <= MOST_EXACT:
        sizes = range(1, len(search.keys) + 1)
        groups = {group for size in sizes for group in combinations(search.keys, size)}
    else:
        groups = {(key,) for key in search.keys} | {tuple(each.able) for each in search.eligible}
        groups |= {parcel.keys for parcel in search.best}
    for group in sorted(groups):
        yield from search.options(group)


def _uses(place: int, parcel: Parcel, one: Opened) -> Iterable[tuple[Hashable, int, int]]:
    rule, outlet, snapshot = one.found.rule, parcel.candidate.outlet, one.snapshot
    for key in parcel.keys:
        yield ("line", place, key), 1, 1
    if 2 * len(parcel.keys) > len(one.order.lines) > 2:
        # Two parcels with more than half of the lines each share one. Without this row three lines in three halves of
        # pairs are the cheapest in fractions, and their bound lies too low to prove anything by.
        yield ("most lines", place), 1, 1
    yield ("parcels", place), 1, rule.parcels
    yield ("outlet", place, outlet.id), 1, 1
    for (_, sku), quantity in taken_by([parcel]).items():
        yield ("stock", outlet.id, sku), quantity, outlet.stock[sku].available
    if outlet.capacity is not None:
        yield ("capacity", outlet.id), 1, outlet.capacity - outlet.booked
    if snapshot.order_cap is not None:
        yield ("order cap", place), sum(parcel.top_ups), snapshot.order_cap
    for key, top_up in zip(parcel.keys, parcel.top_ups, strict=True):
        campaign = parcel.candidate.lines[key].line.campaign
        if campaign and top_up:
            yield ("campaign", campaign), top_up, snapshot.campaigns.get(campaign, 0)
