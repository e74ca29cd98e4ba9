"""How what a dealer is paid for a consumer order came about: the page, for the shop and the console alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import Allocation, AllocationLine
from fulfilment.settlement.reading import Move, Share, Stage, moves_of, shares_of, stage_of
from fulfilment.settlement.sides import settlement_of
from portal.components.formats import format_amount, format_date
from portal.shop.consumer_money import rows_of
from pricing.margins.amounts import MILLION
from pricing.margins.settle import Settlement
from pricing.margins.terms import Model, Rates

#: Code of a stage → its word and the colour of its chip.
STAGES: dict[str, tuple[Any, str]] = {
    Stage.WAITING: (gettext_lazy("Not received yet"), "neutral"),
    Stage.WINDOW: (gettext_lazy("In the return window"), "progress"),
    Stage.DUE: (gettext_lazy("Payable"), "warn"),
    Stage.SETTLED: (gettext_lazy("On the account"), "good"),
    "": (gettext_lazy("Cancelled"), "neutral"),
}


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line with the amounts it was settled at, all of its units; `made` is the snapshot they come from."""

    line: AllocationLine
    made: Settlement

    @property
    def discount(self) -> Decimal:
        """What of the discounts the supplier bears."""
        return to_money(self.made.sale.supplier_discount)

    @property
    def freight_charged(self) -> Decimal:
        """What the consumer paid for sending."""
        return to_money(self.made.sale.freight_charged)

    @property
    def fees(self) -> Decimal:
        """What the dealer bears of fees, and the platform's commission."""
        return to_money(self.made.fees.payment_on_dealer + self.made.fees.guide_on_dealer + self.made.fees.commission)

    @property
    def top_up(self) -> Decimal:
        """What the supplier adds; where it sells, the fee for fulfilling instead."""
        sells = self.made.terms.model is Model.SUPPLIER_SELLS
        return to_money(self.made.fulfilment_fee if sells else self.made.top_up)


def page_context(allocation: Allocation) -> dict[str, Any]:
    """Everything the page says of an allocation."""
    lines = [LineShown(line, settlement_of(line.offer_line)) for line in _lines(allocation)]
    sent = [each for each in lines if each.line.sent_at]
    share = shares_of([allocation.pk]).get(allocation.pk, Share())
    stage = stage_of(allocation, timezone.localdate())
    made = [each.made for each in sent]
    word, colour = STAGES[stage]
    return {
        "allocation": allocation,
        "order": allocation.order,
        "currency": allocation.offer.currency,
        "stage": stage,
        "stage_word": str(word),
        "stage_colour": colour,
        "share": share,
        "figures": _figures(allocation, share),
        "lines": lines,
        "supplier_sells": any(each.terms.model is Model.SUPPLIER_SELLS for each in made),
        "received": _received(made),
        "kept": rows_of(made),
        "keeps": to_money(sum(each.dealer_margin for each in made)),
        "terms": _terms(allocation, made),
        "moves": [(move, _move_words(move)) for move in moves_of(allocation.pk, allocation.dealer_id)],
    }


def with_page_rows(allocations: QuerySet[Allocation]) -> QuerySet[Allocation]:
    """Allocations with what their page and lists show."""
    return allocations.select_related("order__channel", "dealer", "outlet", "offer__decision__terms", "offer__campaign")


def _lines(allocation: Allocation) -> Sequence[AllocationLine]:
    standing = allocation.lines.filter(cancelled_at=None).select_related("offer_line")
    return list(standing.order_by("offer_line__position"))


def _figures(allocation: Allocation, share: Share) -> list[dict[str, Any]]:
    unit = allocation.offer.currency
    figures = [
        {"label": _("Earned by what was sent"), "value": format_amount(share.earned), "unit": unit},
        {"label": _("Taken back by returns"), "value": format_amount(share.returned), "unit": unit},
        {"label": _("On the account"), "value": format_amount(share.on_account), "unit": unit},
        {"label": _("Still to come"), "value": format_amount(share.left), "unit": unit},
    ]
    if allocation.payable_on:
        figures.append({"label": _("Payable on"), "value": format_date(allocation.payable_on)})
    return figures


def _received(made: Sequence[Settlement]) -> list[tuple[str, Decimal]]:
    """What the dealer is paid, part by part; the parts sum to it."""
    dealer = [each for each in made if each.terms.model is Model.DEALER_SELLS]
    supplier = [each for each in made if each.terms.model is Model.SUPPLIER_SELLS]
    parts = [
        (_("Consumer paid for the goods"), sum(each.sale.paid for each in dealer)),
        (_("Discount borne by the supplier"), sum(each.sale.supplier_discount for each in dealer)),
        (_("Freight the consumer paid"), sum(each.sale.freight_charged for each in dealer)),
        (_("Payment fee"), -sum(each.fees.payment_on_dealer for each in dealer)),
        (_("Guide's commission"), -sum(each.fees.guide_on_dealer for each in dealer)),
        (_("Platform's commission"), -sum(each.fees.commission for each in dealer)),
        (_("Top-up"), sum(each.top_up for each in dealer)),
        (_("Purchase price, paid back"), sum(each.sale.landed_cost for each in supplier)),
        (_("Fulfilment fee"), sum(each.fulfilment_fee for each in supplier)),
    ]
    return [(word, to_money(amount)) for word, amount in parts if amount]


def _terms(allocation: Allocation, made: Sequence[Settlement]) -> list[tuple[str, str]]:
    terms = allocation.offer.decision.terms
    facts = [(_("Terms"), _("no. %(pk)s, from %(day)s") % {"pk": terms.pk, "day": format_date(terms.valid_from)})]
    if not made:
        return facts
    rates, floors = made[0].terms.rates, sorted({each.terms.floor.share for each in made})
    facts += [
        (_("Taxes"), _taxes(rates)),
        (_("Payment fee"), _borne(rates.payment_fee, rates.payment_fee_on_dealer)),
        (_("Guide's commission"), _borne(rates.guide, rates.guide_on_dealer)),
        (_("Platform's commission"), _percent(rates.commission)),
        (_("Protected margin"), " · ".join(_percent(share) for share in floors)),
    ]
    if allocation.offer.campaign:
        facts.append((_("Campaign"), f"{allocation.offer.campaign.code} · {allocation.offer.campaign.name}"))
    return facts


def _taxes(rates: Rates) -> str:
    words = _("%(goods)s goods · %(freight)s freight · %(service)s services · %(top_up)s top-ups")
    return words % {
        "goods": _percent(rates.goods_tax),
        "freight": _percent(rates.freight_tax),
        "service": _percent(rates.service_tax),
        "top_up": _percent(rates.top_up_tax),
    }


def _borne(rate: int, on_dealer: int) -> str:
    return _("%(rate)s, of it %(share)s borne by the dealer") % {"rate": _percent(rate), "share": _percent(on_dealer)}


def _percent(rate: int) -> str:
    return f"{(Decimal(rate) * 100 / MILLION).normalize():f} %"


def _move_words(move: Move) -> str:
    entry, document = move.entry, move.document
    if document is not None:
        return _("%(kind)s %(number)s") % {"kind": document.get_kind_display(), "number": document.number}
    sku = entry.line.offer_line.sku if entry.line else ""
    if entry.units < 0:
        return _("%(units)s × %(sku)s came back") % {"units": -entry.units, "sku": sku}
    return _("%(units)s × %(sku)s sent") % {"units": entry.units, "sku": sku}
