"""One order: where it stands, what is in it, what deciding it means, and everything that happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from dealers.ledger.models import OF_CONSUMER_SALES, AccountDocument
from dealers.statements.statement import open_amounts
from erp_bridge.outbox.status import BridgeStatus, status_of
from fulfilment.ordering.credit import Credit
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from fulfilment.ordering.states import OPEN_STATES, State
from fulfilment.ordering.terms import delivery_broken
from fulfilment.shipping.models import Shipment
from fulfilment.stock.take import available
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.formats import format_amount, format_date
from portal.console.order_timeline import timeline
from portal.console.order_warnings import credit_after, delivery_words, warnings_for
from portal.console.words import money, stored_text
from portal.documents.order_document import ship_to_lines
from pricing.catalogue.models import Unit
from pricing.quote import supplier_day


class NoteForm(forms.Form):
    """What an approval may say; over the credit limit it must."""

    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReasonForm(forms.Form):
    """Why an order is rejected or cancelled."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        help_text=gettext_lazy("The dealer reads this."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Give a reason, so that the dealer knows what to do.")},
    )


@dataclass
class DecisionForms:
    """The forms of the page; the one that was sent carries its errors."""

    approve: forms.Form | None = None
    reject: forms.Form | None = None
    cancel: forms.Form | None = None

    def __post_init__(self) -> None:
        self.approve = self.approve or NoteForm(prefix="approve")
        self.reject = self.reject or ReasonForm(prefix="reject")
        self.cancel = self.cancel or ReasonForm(prefix="cancel")


@require_safe
def order(request: PortalRequest, number: str) -> HttpResponse:
    """The page of one order that the user may see."""
    orders = DealerOrder.objects.for_user(request.user)
    return render_order(request, get_object_or_404(orders, number=stored_text(number)), DecisionForms())


def render_order(
    request: PortalRequest, found: DealerOrder, decisions: DecisionForms, *, status: int = 200
) -> HttpResponse:
    """Draw the page; with a form that was refused, `status` is 422."""
    shown = DealerOrder.objects.select_related("dealer__sales_rep", "dealer__territory", "placed_by", "outlet").get(
        pk=found.pk
    )
    credit = credit_after([shown])[shown.pk]
    steps, shipments = list(shown.steps.all()), _shipments(shown)
    may_decide = request.portal.may(Permission.APPROVE_ORDERS)
    in_review = shown.state == State.REVIEW
    bridge = status_of([shown.number]).get(shown.number)
    lines = _lines(shown)
    context = {
        "order": shown,
        "decisions": decisions,
        "may_review": may_decide and in_review,
        "may_cancel": may_decide and bool(shown.erp_refusal) and shown.state in OPEN_STATES and not shipments,
        "approve_label": _approve_label(shown, credit),
        "over_credit": bool(in_review and shown.payment_terms_days and credit.exceeded),
        "credit": credit,
        "credit_facts": _credit_facts(shown, credit),
        "overdue": open_amounts([shown.dealer_id])[shown.dealer_id].overdue,
        "cautions": warnings_for([shown], {shown.pk: credit})[shown.pk] if in_review else [],
        "bridge": bridge,
        "bridge_url": _bridge_url(request, bridge),
        "figures": _figures(shown, credit),
        "facts": _facts(shown),
        "ship_to": ship_to_lines(shown),
        "timeline": timeline(shown, steps, shipments),
        "steps": steps,
        "shipments": shipments,
        "documents": _documents(request, shown),
        "lines": lines,
        "delivery_warning": _delivery_warning(shown, [row["line"] for row in lines]),
        "crumbs": [(_("Orders"), reverse("console:orders")), (shown.number, "")],
    }
    return render(request, "console/orders/order.html", context, status=status)


def _bridge_url(request: PortalRequest, bridge: BridgeStatus | None) -> str:
    """The order's message to the ERP, for those who may see messages."""
    if bridge is None or bridge.message_id is None or not request.portal.may(Permission.SEE_MESSAGES):
        return ""
    return reverse("console:message", args=[bridge.message_id])


def _approve_label(order: DealerOrder, credit: Credit) -> str:
    """What the button does, in words: the amount, and what it means for the credit."""
    amount = money(order.total, order.currency)
    if not order.payment_terms_days:
        return _("Approve, %(amount)s, paid before shipment") % {"amount": amount}
    if credit.limit <= 0:
        return _("Approve, %(amount)s, without a credit limit") % {"amount": amount}
    return _("Approve, %(amount)s, uses %(percent)s %% of credit") % {"amount": amount, "percent": credit.used_percent}


def _credit_facts(order: DealerOrder, credit: Credit) -> list[tuple[str, str]]:
    this = order.total if order.state == State.REVIEW and order.payment_terms_days else Decimal(0)
    facts = [
        (_("Limit"), format_amount(credit.limit)),
        (_("Owed"), format_amount(credit.owed)),
        (_("Ordered, not invoiced"), format_amount(credit.ordered - this)),
    ]
    if order.state == State.REVIEW:
        facts.append((_("This order"), format_amount(this)))
        facts.append((_("Used after approval"), format_amount(credit.exposure)))
    else:
        facts.append((_("Used"), format_amount(credit.exposure)))
    return facts


def _figures(order: DealerOrder, credit: Credit) -> list[dict[str, Any]]:
    used = _("Credit after approval") if order.state == State.REVIEW else _("Credit used")
    terms = _("%(days)s days") % {"days": order.payment_terms_days} if order.payment_terms_days else _("Prepaid")
    return [
        {"label": _("Total with tax"), "value": format_amount(order.total), "unit": order.currency},
        {"label": _("Lines"), "value": order.line_count},
        {"label": _("Requested"), "value": format_date(order.requested_date)},
        {"label": _("Payment terms"), "value": terms},
        {
            "label": used,
            "value": f"{credit.used_percent} %",
            "tone": "bad" if credit.exceeded and order.payment_terms_days else "",
        },
    ]


def _facts(order: DealerOrder) -> list[tuple[str, str]]:
    rep = order.dealer.sales_rep
    return [
        (_("PO number"), order.po_number),
        (_("Placed by"), order.placed_by.get_full_name()),
        (_("Requested date"), format_date(order.requested_date)),
        (_("Delivery"), delivery_words(order)),
        (_("Sales rep"), rep.name if rep else ""),
        (_("ERP number"), order.erp_number),
    ]


def _delivery_warning(order: DealerOrder, lines: Sequence[DealerOrderLine]) -> str:
    """What went against the way the dealer wants the order delivered; a person decides what to do about it."""
    broken = delivery_broken(order, lines, supplier_day(timezone.now()))
    if broken == "split":
        return _(
            "The dealer wants everything together, but only a part was shipped. Tell the dealer when the rest comes."
        )
    if broken == "overdue":
        words = {"day": format_date(order.cancel_missing_after)}
        return _("The dealer wants what is missing after %(day)s cancelled. Cancel it in the ERP.") % words
    return ""


def _lines(order: DealerOrder) -> list[dict[str, Any]]:
    """The lines with names and units in the reader's language, and what could be sold of each right now."""
    lines: Sequence[DealerOrderLine] = list(order.lines.select_related("line"))
    left = available({line.line.product_id for line in lines if line.line.product_id})
    return [
        {
            "line": line,
            "name": line.display_name,
            "unit": Unit.word(line.unit),
            "available": left.get(line.line.product_id) if line.line.product_id else None,
        }
        for line in lines
    ]


def _shipments(order: DealerOrder) -> list[Shipment]:
    """Oldest first, with `pieces` and `line_count`."""
    found = order.shipments.select_related("received_by").order_by("shipped_at", "pk")
    return list(found.annotate(pieces=Sum("lines__quantity"), line_count=Count("lines")))


def _documents(request: PortalRequest, order: DealerOrder) -> list[AccountDocument]:
    """Invoices, credit notes and payments that name the order."""
    if not request.portal.may(Permission.SEE_STATEMENTS):
        return []
    named = AccountDocument.objects.for_user(request.user).filter(
        dealer=order.dealer_id, order_numbers__contains=[order.number]
    )
    return list(named.exclude(kind__in=OF_CONSUMER_SALES).order_by("issue_date", "pk"))
