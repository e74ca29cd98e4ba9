"""Why this dealer, and why not that one: a decision as it was made, from its own record, and made again from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dealers.accounts.models import Outlet
from fulfilment.allocation.facts import Order
from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import Decision, OfferModeChoice
from fulfilment.allocation.parcels import Costs
from fulfilment.allocation.plan import Part, Plan
from fulfilment.allocation.record import from_plain, replay
from fulfilment.allocation.trace import CandidateTrace, RuleTrace
from portal.access.portal import PortalRequest
from portal.components.formats import format_amount, format_quantity
from portal.console.allocation_words import COST_PARTS, outcome_words, reason_words, why_words

KILOMETRE = 1000


@dataclass(frozen=True)
class Names:
    """What the keys of a record are called: lines as they were then, outlets as they are called now."""

    lines: Mapping[int, str]
    outlets: Mapping[int, Outlet]

    def of_lines(self, keys: Iterable[int]) -> list[str]:
        """SKU and quantity of lines, in the order of their keys."""
        return [self.lines.get(key, str(key)) for key in sorted(keys)]

    def outlet(self, outlet_id: int) -> dict[str, str]:
        """Dealer and outlet; one that is gone is told by its number."""
        found = self.outlets.get(outlet_id)
        if found is None:
            return {"dealer": _("Outlet %(number)s, no longer there") % {"number": outlet_id}, "outlet": ""}
        return {"dealer": found.dealer.display_name, "outlet": found.name, "number": found.dealer.number}


@dataclass(frozen=True)
class Told:
    """A decision read back from its record."""

    order: Order
    plan: Plan
    names: Names


def told(kept: Mapping[str, Any]) -> Told:
    """A record with the names of what it speaks of. One statement."""
    order, plan = from_plain(Order, kept["order"]), from_plain(Plan, kept["plan"])
    lines = {line.key: f"{line.sku} × {format_quantity(line.quantity)}" for line in order.lines}
    ids = {each.outlet for rule in plan.trace for each in rule.candidates}
    ids |= {offer.outlet for part in plan.parts for offer in part.offers}
    outlets = Outlet.objects.select_related("dealer").in_bulk(ids)
    return Told(order, plan, Names(lines, outlets))


@require_safe
def consumer_decision(request: PortalRequest, pk: int) -> HttpResponse:
    """One decision: what was chosen and by which rule, and of every candidate what it would have cost or why not."""
    decisions = Decision.objects.select_related("order__channel", "by", "rule_set")
    decision = get_object_or_404(decisions, pk=pk)
    found, order = told(decision.record), decision.order
    context = {
        "decision": decision,
        "order": order,
        "figures": _figures(decision, found),
        "parts": [_part(part, found.names) for part in found.plan.parts],
        "rest": [_rest(rest, found.names) for rest in found.plan.rest],
        "rules": [_rule(trace, found.names) for trace in found.plan.trace],
        "again": _again(decision, found) if "again" in request.GET else None,
        "crumbs": [
            (_("Consumer orders"), reverse("console:consumer_orders")),
            (order.external_number, reverse("console:consumer_order", args=[order.pk])),
            (_("Decision"), ""),
        ],
    }
    return render(request, "console/desk/decision.html", context)


def kilometres(metres: int) -> str:
    """A distance for a table: one decimal, in kilometres."""
    return format_amount(Decimal(metres * 10 // KILOMETRE) / 10, digits=1)


def costs_of(costs: Costs | None) -> list[dict[str, Any]]:
    """The cost of a parcel part by part, with its total last; nothing where there is none."""
    if costs is None:
        return []
    parts = [{"label": str(word), "value": to_money(getattr(costs, name))} for name, word in COST_PARTS]
    return [*parts, {"label": _("Total"), "value": to_money(costs.total), "total": True}]


def reasons_of(reasons: Mapping[int, str], names: Names, lines: int) -> list[dict[str, Any]]:
    """Reasons with the lines they hold for; no lines are named where it is all of them."""
    by_reason: dict[str, list[int]] = defaultdict(list)
    for key, reason in reasons.items():
        by_reason[reason].append(key)
    return [
        {"words": reason_words(reason), "lines": names.of_lines(keys) if len(keys) < lines else []}
        for reason, keys in by_reason.items()
    ]


def _figures(decision: Decision, found: Told) -> list[dict[str, Any]]:
    plan, looked = found.plan, max((len(rule.candidates) for rule in found.plan.trace), default=0)
    return [
        {"label": _("Parcels"), "value": format_quantity(len(plan.parts))},
        {"label": _("Lines left over"), "value": format_quantity(sum(len(rest.keys) for rest in plan.rest))},
        {"label": _("Outlets looked at"), "value": format_quantity(looked)},
        {
            "label": _("Cost of the choice"),
            "value": format_amount(to_money(plan.cost)),
            "unit": decision.order.currency,
        },
    ]


def _part(part: Part, names: Names) -> dict[str, Any]:
    return {
        "lines": names.of_lines(part.keys),
        "place": names.outlet(part.outlet),
        "distance": kilometres(part.distance),
        "rule": part.rule,
        "mode": OfferModeChoice(part.mode.value).label,
        "outcome": outcome_words(part.outcome),
        "costs": costs_of(part.costs),
        "top_up": to_money(sum(each.top_up for each in part.settlements.values())),
        "keeps": to_money(sum(each.dealer_margin for each in part.settlements.values())),
        "floor": to_money(sum(each.floor for each in part.settlements.values())),
        "turns": [
            {"place": names.outlet(offer.outlet), "index": to_money(offer.index), "deadline": offer.deadline}
            for offer in part.offers
        ],
        "overrides": [
            {"line": names.of_lines([each.line])[0], "amount": to_money(each.amount)} for each in part.overrides
        ],
    }


def _rest(rest: Any, names: Names) -> dict[str, Any]:
    return {
        "lines": names.of_lines(rest.keys),
        "outcome": outcome_words(rest.outcome),
        "why": why_words(rest.why),
        "rule": rest.rule,
    }


def _rule(trace: RuleTrace, names: Names) -> dict[str, Any]:
    return {
        "name": trace.rule,
        "applies": trace.applies,
        "rows": [_candidate(each, names) for each in trace.candidates],
        "heads": [str(word) for _name, word in COST_PARTS],
    }


def _candidate(each: CandidateTrace, names: Names) -> dict[str, Any]:
    return {
        "place": names.outlet(each.outlet),
        "distance": kilometres(each.distance),
        "chosen": names.of_lines(each.chosen),
        "able": names.of_lines(each.keys) if len(each.keys) < len(names.lines) else [],
        "reasons": reasons_of(each.reasons, names, len(names.lines)),
        "costs": costs_of(each.costs),
    }


def _again(decision: Decision, found: Told) -> dict[str, Any]:
    """Decide once more from the record, and say whether the same comes out."""
    try:
        made, same = replay(decision.record)
    except (ValueError, TypeError, KeyError):
        return {
            "kind": "warning",
            "title": _("It cannot be decided again"),
            "text": _("The record was kept by another version of the portal."),
        }
    if same:
        return {
            "kind": "success",
            "title": _("The same comes out"),
            "text": _("Decided again from its record, every choice, cost and reason is as it was."),
        }
    return {
        "kind": "error",
        "title": _("Something else comes out"),
        "text": _("Decided again from its record: %(now)s. Then: %(then)s.")
        % {"now": _choice(made, found.names), "then": _choice(found.plan, found.names)},
    }


def _choice(plan: Plan, names: Names) -> str:
    parts: Sequence[str] = [
        f"{names.outlet(part.outlet)['dealer']} ({', '.join(names.of_lines(part.keys))})" for part in plan.parts
    ]
    return "; ".join(parts) or _("no dealer")
