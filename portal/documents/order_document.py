"""One order as a paper to keep: a PDF on the supplier's letterhead, and an Excel workbook with every line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from dealers.accounts.addresses import delivery_lines
from dealers.accounts.models import Supplier
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from portal.components.formats import format_date, format_datetime, format_quantity
from portal.components.promotions import promotion_names
from portal.documents.letterhead import Letterhead
from portal.documents.pdf import PdfUnavailable, render_pdf
from portal.documents.workbooks import Column, Sheet
from pricing.catalogue.models import Unit

#: Laying out more takes longer than somebody waits for a page.
MOST_LINES_IN_A_PDF = 2_000


def order_pdf(order: DealerOrder) -> bytes:
    """The order in the active language as an A4 PDF. Raises `PdfUnavailable` with a sentence for the reader.

    It says the order's state and the day it was drawn up, since the order goes on.
    """
    if order.line_count > MOST_LINES_IN_A_PDF:
        most = {"most": format_quantity(MOST_LINES_IN_A_PDF)}
        raise PdfUnavailable(_("An order of more than %(most)s lines has no PDF. Take the Excel file.") % most)
    letterhead = Letterhead.current()
    lines = _lines(order)
    names = promotion_names([order.promotion_code, *(line.promotion_code for line in lines)])
    context = letterhead.context(order.number) | {
        "order": order,
        "address": ship_to_lines(order),
        "drawn_up": timezone.now(),
        "lines": [(line, line.quantity_words, names.get(line.promotion_code, line.promotion_code)) for line in lines],
        "order_promotion": names.get(order.promotion_code, order.promotion_code),
    }
    return render_pdf(render_to_string("documents/order.html", context), letterhead.assets)


def order_sheets(order: DealerOrder) -> list[Sheet]:
    """The order in the active language as two sheets: its lines, and what stands at its head."""
    return [_lines_sheet(order), _head_sheet(order)]


def ship_to_lines(order: DealerOrder) -> list[str]:
    """Where the goods go, as it was when the order was sent, top to bottom; empty parts left out."""
    return delivery_lines(order.ship_to)


def _lines(order: DealerOrder) -> Sequence[DealerOrderLine]:
    return list(DealerOrderLine.objects.filter(order=order).order_by("position"))


def _lines_sheet(order: DealerOrder) -> Sheet:
    lines = _lines(order)
    names = promotion_names(line.promotion_code for line in lines)
    return Sheet(
        title=_("Lines"),
        heading=[
            _("Order %(number)s") % {"number": order.number},
            Supplier.current().display_name,
            f"{order.dealer.display_name} ({order.dealer.number})",
            _("Currency: %(currency)s") % {"currency": order.currency},
        ],
        columns=[
            Column(_("Line"), "integer", 7),
            Column(_("SKU"), width=18),
            Column(_("Own number"), width=18),
            Column(_("Product"), width=44),
            Column(_("Quantity"), "integer"),
            Column(_("Unit"), width=10),
            Column(_("Ordered as"), width=24),
            Column(_("Price"), "money", number_format="#,##0.00##"),
            Column(_("Amount before promotions"), "money"),
            Column(_("Discount"), "money"),
            Column(_("Promotion"), width=28),
            Column(_("Amount"), "money"),
            Column(_("Surcharges"), "money"),
            Column(_("Requested date"), "date"),
            Column(_("Confirmed"), "integer"),
            Column(_("Shipped"), "integer"),
            Column(_("Received"), "integer"),
            Column(_("Note"), width=30),
        ],
        rows=(_cells(line, names) for line in lines),
        totals=[
            *(_("Subtotal"), *[None] * 7),
            sum((line.full_amount for line in lines), start=order.net_total * 0),
            sum((line.discount_amount for line in lines), start=order.net_total * 0) or None,
            None,
            sum((line.amount for line in lines), start=order.net_total * 0),
            sum((line.surcharge_amount for line in lines), start=order.net_total * 0) or None,
            *(None, None, None, None, None),
        ],
    )


def _cells(line: DealerOrderLine, names: Mapping[str, str]) -> list[object]:
    return [
        line.position,
        line.sku,
        line.own_number,
        line.display_name,
        line.quantity,
        Unit.word(line.unit),
        line.quantity_words,
        line.unit_price,
        line.full_amount,
        line.discount_amount or None,
        names.get(line.promotion_code, line.promotion_code),
        line.amount,
        line.surcharge_amount or None,
        line.requested_date,
        line.confirmed_quantity,
        line.shipped_quantity,
        line.received_quantity,
        line.note,
    ]


def _head_sheet(order: DealerOrder) -> Sheet:
    return Sheet(
        title=_("Order"),
        columns=[Column(_("Order"), width=32), Column(order.number, width=60)],
        rows=[[word, value] for word, value in _facts(order) if value not in ("", None)],
        landscape=False,
        auto_filter=False,
    )


def _facts(order: DealerOrder) -> list[tuple[str, object]]:
    until = f": {format_date(order.cancel_missing_after)}" if order.cancel_missing_after else ""
    return [
        (_("State"), str(order.get_state_display())),
        (_("As of"), format_datetime(timezone.now())),
        (_("PO number"), order.po_number),
        (_("Placed"), format_datetime(order.placed_at)),
        (_("Placed by"), order.placed_by.get_full_name()),
        (_("Ship to"), ", ".join(ship_to_lines(order))),
        (_("Requested date"), order.requested_date),
        (_("Delivery"), f"{order.get_delivery_mode_display()}{until}"),
        (_("Supplier's number"), order.erp_number),
        (_("Note"), order.note),
        (_("Promotion on the order"), -order.order_discount if order.order_discount else None),
        (_("Net amount"), order.net_total),
        *((each.display_name, each.net_amount) for each in order.surcharges),
        (_("Freight"), order.freight_net or None),
        (_("Tax"), order.all_tax),
        (_("Total"), order.total),
        (_("Currency"), order.currency),
    ]
