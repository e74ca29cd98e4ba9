"""Files that an ERP leaves for the portal, for tests; whatever they say, they are valid UBL."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from erp_bridge.adapters.filepickup import FilePickup
from erp_bridge.inbound.collect import collect
from erp_bridge.inbound.models import InboundDocument
from fulfilment.ordering.models import DealerOrder
from portal.demo import erp_partner as partner


def sweep() -> int:
    """Take in what lies there, however fresh it is."""
    return collect(FilePickup(Path(settings.ERP_IN_DIR), quiet_seconds=0))


def leave(name: str, content: bytes) -> None:
    """Leave one file as the ERP does."""
    partner.leave(Path(settings.ERP_IN_DIR), name, content)


def respond(order: DealerOrder, number: str = "RSP-1", **fields: Any) -> None:
    leave(f"{number}.xml", partner.response_xml(number, order.number, **fields))


def despatch(order: DealerOrder, number: str, *lines: tuple[str, str, int]) -> None:
    """`lines` are (our line number, SKU, quantity)."""
    leave(f"{number}.xml", partner.despatch_xml(number, [(order.number, *line) for line in lines]))


def bill(order: DealerOrder, number: str = "INV-1", kind: str = "Invoice", **fields: Any) -> None:
    """Bill the whole order."""
    lines = [
        partner.Billed(order.number, str(line.position), line.sku, line.name, line.quantity, line.net_amount)
        for line in order.lines.all()
    ]
    content = partner.billing_xml(kind, number, order.dealer.number, order.currency, lines, order.tax_total, **fields)
    leave(f"{number}.xml", content)


def credit(order: DealerOrder, number: str, net: str, tax: str, invoice: str = "") -> None:
    lines = [partner.Billed(order.number, "1", "PAN-24", "Credit", 1, Decimal(net))]
    content = partner.billing_xml(
        "CreditNote", number, order.dealer.number, order.currency, lines, Decimal(tax), invoice=invoice
    )
    leave(f"{number}.xml", content)


def pay(order: DealerOrder, number: str, *lines: tuple[str, str, str]) -> None:
    """`lines` are (what: invoice, credit_note, order or account; its number; amount)."""
    parts = [partner.Part(what, reference, Decimal(amount)) for what, reference, amount in lines]
    leave(f"{number}.xml", partner.payment_xml(number, order.dealer.number, order.currency, parts))


def only_error() -> str:
    return InboundDocument.objects.get(state="set_aside").error_text


def processed(settings: Any) -> list[str]:
    return sorted(path.name for path in (Path(settings.ERP_IN_DIR) / "processed").glob("*/*.xml"))


def fresh(order: DealerOrder) -> DealerOrder:
    return DealerOrder.objects.get(pk=order.pk)
