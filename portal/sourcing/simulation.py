"""Simulations: the last orders decided once more by the live rules and by a draft. No order is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from dealers.accounts.models import User
from fulfilment.allocation.facts import Order, Snapshot
from fulfilment.allocation.minor import to_minor
from fulfilment.allocation.models import (
    AllocationLine,
    Cause,
    ConsumerContract,
    Decision,
    OfferLine,
    OfferState,
    RuleSet,
)
from fulfilment.allocation.record import VERSION, from_plain, to_plain
from fulfilment.allocation.rules import Rule
from fulfilment.allocation.rulesets import as_rules, live
from portal.sourcing.models import SimulatedOrder, Simulation
from portal.sourcing.rerun import Case, Side, Usage, local_day
from portal.sourcing.running import Stopped, claim, finish, progress, refuse
from portal.sourcing.tally import Tally, differ, outcome_of

#: Orders of a simulation at most, and how few are too few to say much.
MOST_ORDERS, FEW_ORDERS = 5_000, 30
#: Orders between two signs of life.
STEP = 25
#: Decisions that are kept with everything a new order was decided from.
OF_NEW_ORDERS = (Cause.LIVE, Cause.BATCH)


class SimulationRefused(Exception):
    """A simulation that cannot be asked for; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def decided_orders(currency: str) -> QuerySet[Decision]:
    """The latest decision of each order in a currency while it was new; the order decided last stands first."""
    latest = (
        Decision.objects.filter(order__currency=currency, cause__in=OF_NEW_ORDERS)
        .order_by()
        .values("order")
        .annotate(latest=Max("pk"))
        .values("latest")
    )
    return Decision.objects.filter(pk__in=latest).order_by("-pk")


def ask(draft: RuleSet, *, currency: str, wanted: int, runs_down: bool, by: User) -> Simulation:
    """Ask for a simulation. Refuses a draft without active rules, and where nothing is live or was decided."""
    live_set, live_rules = live()
    if live_set is None:
        raise SimulationRefused(_("No rules are live, so there is nothing to compare with."))
    rules = rules_of(draft)
    if not rules:
        raise SimulationRefused(_("The draft has no active rule."))
    total = min(wanted, MOST_ORDERS, decided_orders(currency).count())
    if not total:
        raise SimulationRefused(_("No order in %(currency)s was decided by the portal yet.") % {"currency": currency})
    return Simulation.objects.create(
        live=live_set,
        draft=draft,
        live_name=live_set.name,
        draft_name=draft.name,
        live_rules=[to_plain(rule) for rule in live_rules],
        draft_rules=[to_plain(rule) for rule in rules],
        currency=currency,
        wanted=min(wanted, MOST_ORDERS),
        runs_down=runs_down,
        total=total,
        asked_by=by,
    )


def rules_of(rule_set: RuleSet) -> list[Rule]:
    """The active rules of a set, in order."""
    return as_rules(rule_set.rules.filter(is_active=True).order_by("position"))


def run(simulation_id: int) -> None:
    """Carry out a simulation. One that cannot be claimed is left alone; begun anew after its worker died."""
    simulation = claim(Simulation, simulation_id)
    if simulation is None:
        return
    with translation.override(simulation.asked_by.language):
        try:
            _run(simulation)
        except Stopped:
            return


def _run(simulation: Simulation) -> None:
    keys = list(decided_orders(simulation.currency).values_list("pk", flat=True)[: simulation.wanted])[::-1]
    if not keys:
        refuse(simulation, _("The orders are not there any more."))
        return
    span = Decision.objects.filter(pk__in=keys).aggregate(first=Min("at"), last=Max("at"))
    simulation.orders.all().delete()
    progress(simulation, total=len(keys), done=0, first_at=span["first"], last_at=span["last"])
    sides = [
        Side([from_plain(Rule, each) for each in rules], runs_down=simulation.runs_down)
        for rules in (simulation.live_rules, simulation.draft_rules)
    ]
    tallies, unreadable = [Tally(), Tally()], 0
    for start in range(0, len(keys), STEP):
        found, lost = _cases(keys[start : start + STEP])
        unreadable += lost
        rows = [
            _decided(simulation, start + place, order_id, case, sides, tallies)
            for place, (order_id, case) in enumerate(found)
        ]
        with transaction.atomic():
            SimulatedOrder.objects.bulk_create(rows)
            progress(simulation, done=min(start + STEP, len(keys)), without_record=unreadable)
    entitlements = entitlements_now()
    live_told, draft_told = (tally.told(entitlements) for tally in tallies)
    finish(
        simulation,
        result={
            "live": live_told,
            "draft": draft_told,
            "entitlements": {str(key): share for key, share in sorted(entitlements.items())},
            "differences": simulation.orders.filter(differs=True).count(),
        },
    )


def entitlements_now() -> dict[int, int]:
    """Each dealer's share of all units by its contract, in millionths; dealers without one are left out."""
    found = ConsumerContract.objects.filter(is_active=True, entitlement__gt=0).values_list("dealer", "entitlement")
    return {dealer: int(share * 10_000) for dealer, share in found}


def _decided(
    simulation: Simulation,
    position: int,
    order_id: int,
    case: Case,
    sides: Sequence[Side],
    tallies: Sequence[Tally],
) -> SimulatedOrder:
    told = []
    for side, tally in zip(sides, tallies, strict=True):
        made = side.decide(case)
        tally.add(case.order, made)
        told.append(outcome_of(made))
    return SimulatedOrder(
        simulation=simulation,
        position=position,
        order_id=order_id,
        live=told[0],
        draft=told[1],
        differs=differ(told[0], told[1]),
    )


def _cases(keys: Sequence[int]) -> tuple[list[tuple[int, Case]], int]:
    """Orders with what they were decided from, oldest first, and how many records another version kept.

    The same statements for any number.
    """
    decisions = Decision.objects.filter(pk__in=keys).order_by("pk")
    readable = [each for each in decisions if each.record.get("version") == VERSION]
    orders = {
        each.order_id: (from_plain(Order, each.record["order"]), from_plain(Snapshot, each.record["snapshot"]))
        for each in readable
    }
    real = {order_id: Usage() for order_id in orders}
    for line in _really_taken(list(orders)):
        _count(real[line["order"]], line, orders[line["order"]][1])
    return [(order_id, Case(*facts, real[order_id])) for order_id, facts in orders.items()], len(keys) - len(readable)


def _really_taken(order_ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    """What dealers hold of orders, or what open offers hold for them now."""
    accepted = AllocationLine.objects.filter(allocation__order__in=order_ids, cancelled_at=None).values_list(
        "allocation__order",
        "allocation__offer",
        "allocation__outlet",
        "allocation__dealer",
        "offer_line__sku",
        "quantity",
        "offer_line__top_up",
        "allocation__order__campaign_code",
    )
    held = OfferLine.objects.filter(
        offer__order__in=order_ids, offer__state=OfferState.SENT, offer__holds=True
    ).values_list(
        "offer__order",
        "offer",
        "offer__outlet",
        "offer__dealer",
        "sku",
        "quantity",
        "top_up",
        "offer__order__campaign_code",
    )
    names = ("order", "offer", "outlet", "dealer", "sku", "quantity", "top_up", "campaign")
    for row in [*accepted, *held]:
        yield dict(zip(names, row, strict=True))


def _count(usage: Usage, line: dict[str, Any], snapshot: Snapshot) -> None:
    outlet = next((each for each in snapshot.outlets if each.id == line["outlet"]), None)
    parcels = {(line["outlet"], local_day(outlet, snapshot.now)): 1} if outlet else {}
    usage.add(
        Usage(
            taken={(line["outlet"], line["sku"]): line["quantity"]},
            parcels=parcels if not any(key[0] == line["outlet"] for key in usage.parcels) else {},
            spent={line["campaign"]: to_minor(Decimal(line["top_up"]))} if line["campaign"] else {},
            units={line["dealer"]: line["quantity"]},
        )
    )
