"""What decisions come to together: orders, units, money, distances, shares. Pure; amounts are minor units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from fulfilment.allocation.facts import Order
from fulfilment.allocation.plan import Plan

#: Gini coefficients and shares are told in whole ten-thousandths.
TEN_THOUSAND = 10_000


def outcome_of(made: Plan) -> dict[str, Any]:
    """A plan in short, for keeping and for comparing: who gets which lines, and what becomes of the rest."""
    return {
        "parts": [
            {
                "outlet": part.outlet,
                "dealer": part.dealer,
                "lines": list(part.keys),
                "distance": part.distance,
                "mode": part.mode.value,
                "rule": part.rule,
            }
            for part in made.parts
        ],
        "rest": [
            {"lines": list(rest.keys), "outcome": rest.outcome.value, "why": rest.why.value} for rest in made.rest
        ],
        "freight": sum(each.sale.freight for part in made.parts for each in part.settlements.values()),
        "top_up": sum(each.top_up for part in made.parts for each in part.settlements.values()),
        "cost": made.cost,
    }


def differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two plans in short choose otherwise: other outlets for a line, another way to ask, or another outcome."""
    return _choices(one) != _choices(other)


def _choices(plan: Mapping[str, Any]) -> set[tuple[int, object, object]]:
    given = {(key, part["outlet"], part["mode"]) for part in plan["parts"] for key in part["lines"]}
    return given | {(key, rest["outcome"], None) for rest in plan["rest"] for key in rest["lines"]}


@dataclass(slots=True)
class Share:
    """What a dealer gets."""

    orders: int = 0
    units: int = 0
    receives: int = 0
    keeps: int = 0
    top_up: int = 0


@dataclass(slots=True)
class Tally:
    """Sums over the plans of one side."""

    orders: int = 0
    parcels: int = 0
    split: int = 0
    cost: int = 0
    freight: int = 0
    top_up: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    distances: list[int] = field(default_factory=list)
    dealers: dict[int, Share] = field(default_factory=dict)

    def add(self, order: Order, made: Plan) -> None:
        """Count a plan of an order."""
        units = {line.key: line.quantity for line in order.lines}
        self.orders += 1
        self.parcels += len(made.parts)
        self.split += len(made.parts) > 1
        self.cost += made.cost
        for part in made.parts:
            self.lines[part.outcome.value] += len(part.keys)
            self.distances.append(part.distance)
            share = self.dealers.setdefault(part.dealer, Share())
            share.orders += 1
            share.units += sum(units[key] for key in part.keys)
            for each in part.settlements.values():
                self.freight += each.sale.freight
                self.top_up += each.top_up
                share.receives += each.dealer_receives
                share.keeps += each.dealer_margin
                share.top_up += each.top_up
        for rest in made.rest:
            self.lines[rest.outcome.value] += len(rest.keys)
        self._count_refusals(made)

    def _count_refusals(self, made: Plan) -> None:
        """Each outlet and line once, by the last rule that looked at it, where the line went to another."""
        reasons = {
            (each.outlet, key): reason.value
            for rule in made.trace
            for each in rule.candidates
            for key, reason in each.reasons.items()
        }
        self.refusals.update(reasons.values())

    def told(self, entitlements: Mapping[int, int]) -> dict[str, Any]:
        """The sums as plain data, with the Gini of units against entitlements (dealers without one are left out)."""
        return {
            "orders": self.orders,
            "parcels": self.parcels,
            "split": self.split,
            "cost": self.cost,
            "freight": self.freight,
            "top_up": self.top_up,
            "lines": dict(self.lines),
            "refusals": dict(self.refusals),
            "mean_distance": sum(self.distances) // len(self.distances) if self.distances else None,
            "far_distance": percentile(self.distances, 95),
            "dealers": {str(key): _plain(share) for key, share in sorted(self.dealers.items())},
            "units": sum(share.units for share in self.dealers.values()),
            "gini": gini_of({key: share.units for key, share in self.dealers.items()}, entitlements),
        }


def gini_of(units: Mapping[int, int], entitlements: Mapping[int, int]) -> int | None:
    """How unevenly units fall against entitlements, from 0 (evenly) up; None where there is nothing to compare."""
    ratios = [Fraction(units.get(dealer, 0), share) for dealer, share in entitlements.items() if share]
    return gini(ratios)


def gini(values: Sequence[Fraction]) -> int | None:
    """The Gini coefficient in ten-thousandths; None of fewer than two values or of nothing but zeros."""
    ordered, whole = sorted(values), sum(values)
    if len(ordered) < 2 or not whole:
        return None
    ranked = sum(place * value for place, value in enumerate(ordered, start=1))
    found = Fraction(2 * ranked, 1) / (len(ordered) * whole) - Fraction(len(ordered) + 1, len(ordered))
    return round(found * TEN_THOUSAND)


def percentile(values: Sequence[int], percent: int) -> int | None:
    """The value that so many percent do not exceed (nearest rank); None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def _plain(share: Share) -> dict[str, int]:
    return {name: getattr(share, name) for name in ("orders", "units", "receives", "keeps", "top_up")}
