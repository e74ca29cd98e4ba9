"""Sourcing rules: rows that staff edit and order, tried one after the other. Frozen and pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fulfilment.allocation.facts import Method
from pricing.margins.amounts import MILLION, Ppm


class OfferMode(StrEnum):
    """How dealers are asked: not at all, one after the other, or several at once and the first takes it."""

    AUTO = "auto"
    SEQUENTIAL = "sequential"
    COMPETITIVE = "competitive"


class OnExhausted(StrEnum):
    """What becomes of lines that a rule finds no outlet for."""

    NEXT = "next"
    BACKLOG = "backlog"
    SUPPLIER_WAREHOUSE = "supplier_warehouse"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders a rule is for; what is empty or None lets all pass. Areas are prefixes."""

    channels: frozenset[str] = frozenset()
    methods: frozenset[Method] = frozenset()
    areas: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    least_value: int = 0
    most_value: int | None = None


@dataclass(frozen=True, slots=True)
class CandidateFilter:
    """Which outlets a rule asks; what is empty or None lets all pass.

    `owners_only` asks only dealers in whose territory, exclusive or primary, the order falls.
    """

    groups: frozenset[str] = frozenset()
    dealers: frozenset[int] = frozenset()
    without_dealers: frozenset[int] = frozenset()
    least_tier: int | None = None
    within: int | None = None
    owners_only: bool = False


@dataclass(frozen=True, slots=True)
class Weights:
    """What makes an outlet dear, in minor units.

    `freight`, `top_up` and `opportunity` are multiplied (a million is once). `parcel` is added for every parcel, so a
    split costs it again. `fairness` is added for each whole entitlement a dealer is ahead, and taken off for what it is
    behind. `ask` is the delay of asking a dealer once, divided by how likely it accepts. `outside_primary` is added
    where somebody else's primary territory is. `unfilled` is what a line costs that the rule finds no outlet for: what
    comes next costs that much, so dearer outlets are not asked.
    """

    freight: Ppm = MILLION
    top_up: Ppm = MILLION
    opportunity: Ppm = MILLION
    parcel: int = 0
    fairness: int = 1_00
    ask: int = 0
    outside_primary: int = 0
    unfilled: int = 500_00


@dataclass(frozen=True, slots=True)
class Rule:
    """One sourcing rule.

    Without `split` one outlet takes every line left, or the rule passes. With it lines go to at most `parcels` outlets,
    none of them for less than `least_parcel_value`, and what remains goes on. `consider` is how many eligible
    outlets are priced for each line, nearest first. `offers` is how many dealers are asked about an order at most, each
    with `timeout` business minutes to answer. `batch_seconds` above 0 lets orders of that long be decided together.
    """

    name: str
    orders: OrderFilter = OrderFilter()
    candidates: CandidateFilter = CandidateFilter()
    weights: Weights = Weights()
    split: bool = True
    parcels: int = 3
    least_parcel_value: int = 0
    consider: int = 12
    mode: OfferMode = OfferMode.SEQUENTIAL
    offers: int = 4
    timeout: int = 240
    batch_seconds: int = 0
    on_exhausted: OnExhausted = OnExhausted.NEXT

    def __post_init__(self) -> None:
        if not 1 <= self.parcels <= 3 or min(self.consider, self.offers, self.timeout) < 1:
            raise ValueError("A rule considers, offers and waits at least once, for one to three parcels.")
        if min(self.weights.unfilled, self.weights.parcel, self.weights.ask) < 0:
            raise ValueError("A delay, a parcel and an unfilled line cost nothing or more.")
