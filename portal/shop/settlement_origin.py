"""How a document of consumer sales came about, for its own page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from dealers.ledger.models import AccountDocument
from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import Allocation, AllocationLine
from fulfilment.settlement.models import EntryKind
from fulfilment.settlement.sides import overrides_of


@dataclass(frozen=True, slots=True)
class OverrideLine:
    """A line that another dealer sent into a territory, and what its owner gets of it."""

    line: AllocationLine
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Origin:
    """What a document stands for. `allocation` where its dealer sent the goods; `overrides` where another did."""

    order_number: str
    channel: str
    sentence: str
    allocation: Allocation | None
    overrides: tuple[OverrideLine, ...]


def origin_of(document: AccountDocument) -> Origin | None:
    """Where a document of consumer sales comes from; None for one that came some other way."""
    entry = getattr(document.journal, "consumer_entry", None)
    if entry is None or entry.allocation is None:
        return None
    allocation = entry.allocation
    own = allocation.dealer_id == document.dealer_id
    overrides = () if own else _overrides(allocation, document.dealer_id)
    return Origin(
        allocation.order.external_number,
        allocation.order.channel.name,
        _sentence(entry.kind, document, own=own),
        allocation if own else None,
        overrides,
    )


def _sentence(kind: str, document: AccountDocument, *, own: bool) -> str:
    if kind == EntryKind.PENALTY:
        return _("The penalty for leaving an order that had been accepted, as the terms have it.")
    if not own:
        return _(
            "Another dealer sent goods into your territory. You get a share of what the consumer paid, net of tax."
        )
    if document.kind == "correction":
        return _("Goods came back after the order was settled. What you had been paid for them is taken back.")
    return _("The consumer has the goods and the return window is over. What you are paid is on your account now.")


def _overrides(allocation: Allocation, dealer_id: int) -> tuple[OverrideLine, ...]:
    lines = allocation.lines.filter(sent_at__isnull=False).select_related("offer_line").order_by("offer_line__position")
    return tuple(
        OverrideLine(line, to_money(amount))
        for line in lines
        for owner, amount in overrides_of(line.offer_line)
        if owner == dealer_id
    )
