"""A hundred thousand random orders, declined, forgotten and returned: nothing is given away twice, nor for too little.

All of them are decided by `plan`, on stock that shrinks and grows, and every line is settled, in part returned and
booked; what must hold is worked out here a second time, from the sale and the rates alone. As many as ten minutes allow
also go through intake, routing, offers, parcels, returns and settlement on PostgreSQL, by two processes at once; there
the oracle of the tests counts everything anew.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from time import perf_counter

from fulfilment.allocation.facts import Dealer, Goods, Order, OrderLine, Outlet, Place, Snapshot, Stock, Tariff
from fulfilment.allocation.plan import Part, plan, without_declined
from fulfilment.allocation.rules import OfferMode, OnExhausted, Rule
from pricing.margins.amounts import net, part, part_up, percent
from pricing.margins.journal import Account, entries
from pricing.margins.returns import Returned, reversal
from pricing.margins.settle import Settlement
from pricing.margins.terms import Caps, Floor, Model, Rates
from tests.bench import allocation_lives
from tests.bench.harness import Bench, Case, Outcome, cpu_seconds, forget_peak_memory

ORDERS = 100_000
PROCESSES = 2
#: How long orders go through the services.
SECONDS = float(os.environ.get("VIOLATIONS_SECONDS", "600"))
MARGIN, OVERSOLD, LEDGER, DOUBLE = "margin violations", "oversold units", "ledger imbalance", "double allocations"
KINDS = (MARGIN, OVERSOLD, LEDGER, DOUBLE)
NOW = datetime(2026, 11, 11, tzinfo=UTC)
SKUS = tuple(f"S{number}" for number in range(12))
SHOPS, PIECES, MOST_ASKS = 14, 60, 4
#: A world of stock lasts so many orders.
WORLD = 500
RULES = (
    Rule("near", mode=OfferMode.COMPETITIVE, split=False, offers=2, parcels=1),
    Rule("all", mode=OfferMode.SEQUENTIAL, offers=MOST_ASKS, on_exhausted=OnExhausted.BACKLOG),
)


def run() -> Outcome:
    """The four counts, each of which must be nought; how many orders they are of stands in the notes."""
    forget_peak_memory()
    cpu, started = cpu_seconds(), perf_counter()
    share = ORDERS // PROCESSES
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        found = list(pool.map(_planned, [(seed, share) for seed in range(PROCESSES)]))
    planned = sum(found, Counter[str]())
    taken = perf_counter() - started
    lives = allocation_lives.run(PROCESSES, SECONDS)
    counts = {kind: planned[kind] + lives.found[kind] for kind in KINDS}
    each_ms = lives.seconds * 1000 / max(lives.orders, 1)
    cases = [Case(kind, counts[kind], each_ms, taken * 1000 / ORDERS, cpu_seconds() - cpu) for kind in KINDS]
    outcome = Outcome(cases)
    outcome.notes = [
        f"{planned['orders']:,} orders by plan in {taken:.0f} s: {planned['offers']:,} offers, {planned['declined']:,} "
        f"declined or forgotten, {planned['accepted']:,} parcels, {planned['topped up']:,} lines topped up, "
        f"{planned['returned']:,} units returned, {planned['refused']:,} lines with nobody",
        f"{lives.orders:,} orders through the services on PostgreSQL in {lives.seconds:.0f} s by {PROCESSES} "
        f"processes: {lives.told}",
        "ms are per order through the services; the floor is planning alone",
    ]
    outcome.broken += [*lives.broken[:5]]
    if planned["orders"] != ORDERS or not all(planned[what] for what in ("declined", "topped up", "returned")):
        outcome.broken.append(f"not all happened that should have: {dict(planned)}")
    return outcome


def _planned(job: tuple[int, int]) -> Counter[str]:
    """Decide so many orders; what happened, and what did not hold."""
    seed, count = job
    rng, found = random.Random(seed), Counter[str]()
    for start in range(0, count, WORLD):
        world = _World(rng)
        for number in range(start, min(start + WORLD, count)):
            found["orders"] += 1
            world.live(_order(rng, number), found)
        found.update(world.broken())
    return found


class _World:
    """Shops with their stock, as the orders leave it."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.left = {(shop, sku): rng.randrange(PIECES) for shop in range(1, SHOPS + 1) for sku in SKUS}
        self.sold = Counter[tuple[int, str]]()
        self.had = dict(self.left)
        self.given: set[tuple[int, str, int]] = set()
        self.orders = 0
        model = [rng.choice((Model.DEALER_SELLS, Model.DEALER_SELLS, Model.SUPPLIER_SELLS)) for _ in range(SHOPS)]
        self.dealers = {
            shop: Dealer(
                shop,
                {
                    sku: Goods(
                        rng.randrange(20_00, 800_00),
                        Floor(percent(rng.choice((12, 18, 25))), rng.choice((0, 5_00))),
                        wholesale_margin=rng.randrange(90_00),
                        model=model[shop - 1],
                    )
                    for sku in SKUS
                },
                acceptance=rng.randrange(300_000, 1_000_000),
            )
            for shop in range(1, SHOPS + 1)
        }
        self.places = {shop: Place(31 + rng.random(), 121 + rng.random(), "310101") for shop in self.dealers}
        self.tariffs = {shop: Tariff(rng.randrange(30_00), rng.randrange(12_00)) for shop in self.dealers}
        self.rates = Rates(
            percent(rng.choice((0, 13, 19))),
            percent(9),
            percent(6),
            percent(13),
            payment_fee=percent("0.6"),
            payment_fee_on_dealer=percent(rng.choice((0, 50, 100))),
            guide=percent(2),
            guide_on_dealer=percent(rng.choice((0, 30))),
            commission=percent(rng.choice((0, 5))),
        )
        self.caps = Caps(share=percent(rng.choice((5, 10, 20))), supplier_floor=rng.choice((None, -50_00)))

    def snapshot(self) -> Snapshot:
        return Snapshot(
            NOW,
            self.rates,
            self.dealers,
            tuple(
                Outlet(
                    shop,
                    shop,
                    self.places[shop],
                    {sku: Stock(self.left[shop, sku], NOW) for sku in SKUS},
                    self.tariffs[shop],
                )
                for shop in self.dealers
            ),
            caps=self.caps,
        )

    def live(self, order: Order, found: Counter[str]) -> None:
        """Ask until somebody takes each line or nobody is left; then send, and take some back."""
        self.orders += 1
        for _ask in range(MOST_ASKS + 1):
            made = plan(order, self.snapshot(), RULES)
            found["refused"] += 0 if made.parts else len(order.lines)
            said_no: set[int] = set()
            taken: set[int] = set()
            for each in made.parts:
                found["offers"] += 1
                if self.rng.random() < 0.3:
                    found["declined"] += 1
                    said_no.add(each.dealer)
                else:
                    self.take(order, each, found)
                    taken |= {*each.keys}
            lines = tuple(line for line in order.lines if line.key not in taken)
            if not lines or not said_no:
                return
            order = without_declined(replace(order, lines=lines), *said_no)

    def take(self, order: Order, each: Part, found: Counter[str]) -> None:
        found["accepted"] += 1
        for line in order.lines:
            if line.key not in each.keys:
                continue
            key = (self.orders, order.number, line.key)
            found[DOUBLE] += key in self.given
            self.given.add(key)
            self.left[each.outlet, line.sku] -= line.quantity
            self.sold[each.outlet, line.sku] += line.quantity
            self.settle(each.settlements[line.key], line, found)

    def settle(self, made: Settlement, line: OrderLine, found: Counter[str]) -> None:
        """Check a line's money, book it, and take some units back."""
        found["topped up"] += bool(made.top_up)
        found[MARGIN] += any(_money_broken(made, line))
        journal = entries(made)
        found[LEDGER] += sum(entry.amount for entry in journal) != 0
        cash = sum(entry.amount for entry in journal if entry.account is Account.CASH_CLEARING)
        found[LEDGER] += cash != line.paid + line.freight_charged - made.fees.payment
        if self.rng.random() < 0.15:
            sums, before = Counter[Account](), Returned()
            for units in range(1, line.quantity + 1):
                after = Returned(units, units)
                back = reversal(journal, quantity=line.quantity, before=before, after=after)
                found[LEDGER] += sum(entry.amount for entry in back) != 0
                sums.update({entry.account: 0 for entry in back})
                for entry in (*back,):
                    sums[entry.account] += entry.amount
                before = after
                found["returned"] += 1
            for entry in journal:
                sums[entry.account] += entry.amount
            found[LEDGER] += any(sums.values())

    def broken(self) -> dict[str, int]:
        """Units sold beyond what was there."""
        return {OVERSOLD: sum(max(0, self.sold[key] - had) for key, had in self.had.items())}


def _money_broken(made: Settlement, line: OrderLine) -> Iterator[bool]:
    """The reference's §2.3 once more, from the sale and the rates."""
    sale, rates, terms = made.sale, made.terms.rates, made.terms
    yield (sale.paid, sale.quantity) != (line.paid, line.quantity)
    revenue = net(sale.paid + sale.supplier_discount, rates.goods_tax)
    least = max(terms.floor.per_unit * sale.quantity, part_up(revenue, terms.floor.share))
    yield made.floor != least or made.dealer_margin < least
    cap = terms.caps.amount(sale.paid)
    yield cap is not None and made.top_up > cap
    if terms.model is Model.DEALER_SELLS:
        payment = part(part(sale.paid + sale.freight_charged, rates.payment_fee), rates.payment_fee_on_dealer)
        guide = part(part(net(sale.paid, rates.goods_tax), rates.guide), rates.guide_on_dealer)
        before = revenue + net(sale.freight_charged, rates.freight_tax) - net(sale.landed_cost, rates.goods_tax)
        before -= net(sale.freight, rates.freight_tax) + guide
        before -= net(payment + part(sale.paid, rates.commission), rates.service_tax)
        yield before + net(made.top_up, rates.top_up_tax) != made.dealer_margin
        yield bool(made.top_up) and before + net(made.top_up - 1, rates.top_up_tax) >= least
    else:
        earned = net(made.fulfilment_fee, rates.service_tax) - net(sale.freight, rates.freight_tax)
        yield earned != made.dealer_margin
        less = net(made.fulfilment_fee - 1, rates.service_tax) - net(sale.freight, rates.freight_tax)
        yield made.fulfilment_fee > 0 and less >= least


def _order(rng: random.Random, number: int) -> Order:
    lines = []
    for key, sku in enumerate(rng.choices(SKUS, k=rng.randrange(1, 4)), start=1):
        quantity = rng.randrange(1, 4)
        paid = rng.randrange(30_00, 1_300_00) * quantity
        discount, freight = rng.choice((0, 0, paid // 20)), rng.choice((0, 4_90))
        lines.append(OrderLine(key, sku, quantity, paid, discount, freight))
    place = Place(31 + rng.random(), 121 + rng.random(), "310101")
    return Order(f"V-{number}", NOW, place, tuple(lines))


BENCH = Bench(
    "allocation_violations", "Random orders, declined, forgotten and returned", dict.fromkeys(KINDS, 0.0), run
)
