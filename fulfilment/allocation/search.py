"""The cheapest way to part an order's lines into parcels of at most three outlets. Pure and deterministic.

Up to `MOST_EXACT` lines every way of parting them is looked at, each group of lines at its cheapest outlets: that is
the optimum over all subsets of outlets, since of the outlets of a group only the cheapest `rule.parcels` can matter
where all of a plan's outlets differ. (Where an order's cap on top-ups or a campaign's budget binds, it is the cheapest
of these that keeps it.) Longer orders try every subset of at most three of the considered outlets, each line at the one
that tops it up least; subsets whose freight alone is dearer than the best so far are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

from fulfilment.allocation.facts import Snapshot
from fulfilment.allocation.parcels import Candidate, Parcel, largest_parcel, parcel_of, within_budgets
from fulfilment.allocation.rules import Rule
from pricing.margins.amounts import part

#: How many lines are parted in every way: 5 lines have 203 ways, 4 have 52.
MOST_EXACT = 4
#: Of how many outlets every subset is tried for a longer order: those that can take most of its lines.
MOST_OUTLETS = 12

#: Of two choices the cheaper; of equal ones the one with fewer parcels, then with better and lower-numbered outlets.
Rank = tuple[int, int, tuple[tuple[int, int], ...]]


@dataclass(slots=True)
class Search:
    """One search over the lines (keys) left to a rule; `before` are parcels that earlier rules chose."""

    keys: tuple[int, ...]
    eligible: Sequence[Candidate]
    rule: Rule
    snapshot: Snapshot
    before: tuple[Parcel, ...] = ()
    best: tuple[Parcel, ...] = ()
    rank: Rank = field(init=False)
    _options: dict[tuple[int, ...], list[Parcel]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rank = self._rank(()) if self.rule.split else (1 << 62, 0, ())

    def offer(self, parcels: tuple[Parcel, ...]) -> None:
        """Keep a choice if it ranks before the best so far and stays within order and campaign budgets."""
        rank = self._rank(parcels)
        if rank < self.rank and within_budgets((*self.before, *parcels), self.snapshot):
            self.best, self.rank = parcels, rank

    def options(self, keys: tuple[int, ...]) -> list[Parcel]:
        """Every parcel of exactly these lines that is worth more than leaving them, cheapest first."""
        if keys not in self._options:
            worth = self.rule.weights.unfilled * len(keys)
            wanted = set(keys)
            able = (each for each in self.eligible if wanted.issubset(each.able))
            found = (parcel for each in able if (parcel := parcel_of(each, keys, self.rule)) and parcel.cost < worth)
            self._options[keys] = sorted(found, key=lambda parcel: (parcel.cost, parcel.candidate.tie))
        return self._options[keys]

    def _rank(self, parcels: tuple[Parcel, ...]) -> Rank:
        left = len(self.keys) - sum(len(parcel.keys) for parcel in parcels)
        cost = sum(parcel.cost for parcel in parcels) + left * self.rule.weights.unfilled
        return cost, len(parcels), tuple(sorted(parcel.candidate.tie for parcel in parcels))


def cheapest(
    keys: Sequence[int],
    every: Iterable[Candidate],
    rule: Rule,
    snapshot: Snapshot,
    before: tuple[Parcel, ...] = (),
) -> Search:
    """The cheapest parcels for the lines, in `best`; a line in none of them is cheaper left to what comes next."""
    search = Search(tuple(keys), [each for each in every if each.able], rule, snapshot, before)
    if not rule.split:
        for parcel in search.options(search.keys):
            search.offer((parcel,))
    elif len(search.keys) <= MOST_EXACT:
        for groups in partings(search.keys, rule.parcels):
            _try_groups(search, groups)
    else:
        _try_outlets(search)
    return search


def partings(keys: tuple[int, ...], most: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Every way to put some or all keys into at most so many groups; the order of groups and within them is fixed."""
    if not keys:
        yield ()
        return
    first, rest = keys[0], keys[1:]
    for groups in partings(rest, most):
        yield groups
        if len(groups) < most:
            yield ((first,), *groups)
        for place, group in enumerate(groups):
            yield (*groups[:place], (first, *group), *groups[place + 1 :])


def _try_groups(search: Search, groups: tuple[tuple[int, ...], ...]) -> None:
    most = search.rule.parcels
    every = [search.options(group)[:most] for group in groups]
    if not all(every):
        return
    left = len(search.keys) - sum(len(group) for group in groups)
    least = sum(options[0].cost for options in every) + left * search.rule.weights.unfilled
    if least > search.rank[0]:
        return
    for choice in product(*every):
        if len({parcel.candidate.outlet.id for parcel in choice}) == len(choice):
            search.offer(choice)


def _try_outlets(search: Search) -> None:
    rule, parcels = search.rule, dict[tuple[int, tuple[int, ...]], Parcel | None]()
    ablest = sorted(search.eligible, key=lambda each: (-len(each.able), each.distance, each.tie))[:MOST_OUTLETS]
    top_ups = {each.outlet.id: _top_ups(each) for each in ablest}
    for size in range(1, rule.parcels + 1):
        for outlets in combinations(ablest, size):
            if _least(search, outlets) > search.rank[0]:
                continue
            choice = []
            for outlet, keys in _shared(search.keys, outlets, top_ups):
                if (outlet.outlet.id, keys) not in parcels:
                    parcels[outlet.outlet.id, keys] = parcel_of(outlet, keys, rule)
                parcel = parcels[outlet.outlet.id, keys]
                if parcel and parcel.cost < rule.weights.unfilled * len(keys):
                    choice.append(parcel)
            search.offer(tuple(choice))


def _least(search: Search, outlets: Sequence[Candidate]) -> int:
    """What a subset costs at least: its parcels without any top-up, and the lines that none of it may take."""
    weights = search.rule.weights
    fixed = (part(each.freight, weights.freight) + each.fairness + each.ask + each.territory for each in outlets)
    covered = set().union(*(each.able for each in outlets))
    return sum(fixed) + weights.parcel * len(outlets) + (len(search.keys) - len(covered)) * weights.unfilled


def _top_ups(candidate: Candidate) -> dict[int, int]:
    keys, _ = largest_parcel(candidate)
    return {key: candidate.lines[key].ready.top_up(0) + candidate.opportunity((key,)) for key in keys}


def _shared(
    keys: Sequence[int], outlets: Sequence[Candidate], top_ups: dict[int, dict[int, int]]
) -> Iterator[tuple[Candidate, tuple[int, ...]]]:
    parts: dict[int, list[int]] = {}
    for key in keys:
        able = [
            (top_ups[each.outlet.id][key], each.freight, place)
            for place, each in enumerate(outlets)
            if key in top_ups[each.outlet.id]
        ]
        if able:
            parts.setdefault(min(able)[2], []).append(key)
    for place, taken in sorted(parts.items()):
        yield outlets[place], tuple(taken)
