"""Where a dealer's day starts: the figures, what waits for them, and the way back to what they were doing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dealers.statements.statement import overdue
from fulfilment.ordering.credit import Credit
from fulfilment.ordering.states import ENDED_STATES, State
from fulfilment.shipping.models import Shipment
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.cms.models import NewsPage
from portal.components.formats import format_amount
from portal.shop.cartlines import credit_shown
from portal.shop.orderlist import own_orders, page_of_orders, progress_of
from portal.shop.rows import named, rows_for
from pricing.quote import assortment

LAST_ORDERS = 5
NEWEST_PRODUCTS = 6
NEWS = 3
MOST_TASKS = 5


@require_safe
def home(request: PortalRequest) -> HttpResponse:
    """The dealer's home. What has nothing to show is not shown."""
    portal = request.portal
    dealer = portal.dealer
    last = page_of_orders(own_orders(request), {}).rows[:LAST_ORDERS] if portal.may(Permission.SEE_OWN_ORDERS) else []
    progress = progress_of(last)
    newest = list(named(assortment(dealer)).order_by("-date_created", "-pk")[:NEWEST_PRODUCTS])
    waiting = own_orders(request).filter(state=State.REVIEW)
    context = {
        "dealer": dealer,
        "figures": _figures(request, credit_shown(dealer)),
        "to_confirm": list(_to_confirm(request)[:MOST_TASKS]) if portal.may(Permission.CONFIRM_RECEIPT) else [],
        "in_review": list(waiting.order_by("placed_at", "pk")[:MOST_TASKS]),
        "orders": [(order, progress[order.pk].percent if order.pk in progress else 0) for order in last],
        "again": next((order for order in last if order.state not in ENDED_STATES), None),
        "newest": rows_for(dealer, newest, portal.cart_quantities) if newest else [],
        "news": _news(),
        "rep": dealer.sales_rep,
        "may_order": portal.may(Permission.ORDER),
        "here": request.get_full_path(),
    }
    return render(request, "shop/home.html", context)


def _figures(request: PortalRequest, credit: Credit | None) -> list[dict[str, Any]]:
    portal = request.portal
    currency = portal.currency
    statement = reverse("shop:statement") if portal.may(Permission.SEE_OWN_STATEMENT) else ""
    figures: list[dict[str, Any]] = []
    if credit is not None:
        note = _credit_words(credit)
        tone = "bad" if credit.left < 0 else ""
        figures.append(
            {
                "label": _("Credit left"),
                "value": format_amount(credit.left),
                "unit": currency,
                "note": note,
                "tone": tone,
            }
        )
    late = overdue(portal.dealer)
    figures.append(
        {
            "label": _("Overdue"),
            "value": format_amount(late),
            "unit": currency,
            "note": _("Please pay now.") if late > Decimal(0) else _("Nothing is overdue."),
            "tone": "bad" if late > Decimal(0) else "",
            "url": statement,
        }
    )
    moving = own_orders(request).filter(state__in=(State.PAYMENT, State.SHIPMENT, State.RECEIPT)).count()
    figures.append(
        {
            "label": _("Orders on the way"),
            "value": str(moving),
            "note": _("approved and not yet received"),
            "url": reverse("shop:orders"),
        }
    )
    return figures


def _credit_words(credit: Credit) -> str:
    """What the credit left is made up of; parts of nothing are not told."""
    parts = [
        (credit.owed, _("owed %s")),
        (credit.ordered, _("ordered and not invoiced %s")),
        (credit.in_review, _("in review %s")),
    ]
    used = [text % format_amount(part) for part, text in parts if part]
    limit = _("of a limit of %s") % format_amount(credit.limit)
    return _("%(limit)s; %(used)s") % {"limit": limit, "used": _(", ").join(used)} if used else limit


def _to_confirm(request: PortalRequest) -> Any:
    """Shipments that left and whose receipt is not confirmed, oldest first."""
    shipments = Shipment.objects.filter(order__in=own_orders(request).values("pk"), received_at__isnull=True)
    return shipments.select_related("order").order_by("shipped_at", "pk")


def _news() -> list[NewsPage]:
    language = get_language() or "en"
    pages = NewsPage.objects.live().filter(locale__language_code=language)
    return list(pages.select_related("locale").order_by("-date", "-pk")[:NEWS])
