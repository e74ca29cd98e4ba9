"""One dealer: terms, people, outlets, price lists, credit, orders, and who changed what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dealers.accounts.models import Dealer, DealerChange, DealerRole, SalesRep
from dealers.accounts.people import MEMBER
from dealers.statements.statement import open_amounts
from fulfilment.ordering.credit import Credit, credit_of
from fulfilment.ordering.models import DealerOrder
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.filters import day_start
from portal.components.formats import format_amount, format_quantity
from portal.console.dealer_forms import MemberForm
from portal.console.list_words import chain_rows
from portal.console.words import stored_text
from pricing.quote import supplier_day

LAST_ORDERS = 10
LAST_CHANGES = 20
LAST_NUMBERS = 10
MONTHS = 12


@require_safe
def dealer(request: PortalRequest, number: str) -> HttpResponse:
    """The page of one dealer that the user may see."""
    return render_dealer(request, fetch_dealer(request, number))


def fetch_dealer(request: PortalRequest, number: str) -> Dealer:
    """The dealer of that number, or 404 when the user may not see it."""
    dealers = Dealer.objects.for_user(request.user).select_related("sales_rep", "territory", "group")
    return get_object_or_404(dealers, number=stored_text(number))


def render_dealer(
    request: PortalRequest, found: Dealer, member_form: MemberForm | None = None, *, status: int = 200
) -> HttpResponse:
    """Draw the page; with a member form that was refused, `status` is 422."""
    credit = credit_of(found)
    owed = open_amounts([found.pk])[found.pk]
    may_manage = request.portal.may(Permission.MANAGE_DEALERS)
    context = {
        "dealer": found,
        "may_manage": may_manage,
        "member_form": (member_form or MemberForm()) if may_manage else None,
        "statement_url": _statement_url(found),
        "credit": credit,
        "figures": _figures(found, credit, owed.overdue),
        "credit_facts": _credit_facts(credit, owed.overdue),
        "contact_facts": _contact_facts(found),
        "terms_facts": _terms_facts(found),
        "outlets": found.outlets.annotate(order_count=Count("orders")).order_by("-is_active", "code"),
        "members": found.memberships.select_related("user").order_by("-is_active", "user__email"),
        "chain": chain_rows(found, supplier_day(timezone.now())),
        "may_price": request.portal.may(Permission.MANAGE_PRICES),
        "item_numbers": found.item_numbers.select_related("product").order_by("-changed_at", "-pk")[:LAST_NUMBERS],
        "item_number_count": found.item_numbers.count(),
        "orders": found.orders.select_related("placed_by").order_by("-placed_at", "-pk")[:LAST_ORDERS],
        "purchases": purchases_by_month(found),
        "changes": described(found.changes.all()[:LAST_CHANGES]),
        "crumbs": [(_("Dealers"), reverse("console:dealers")), (found.number, "")],
    }
    return render(request, "console/dealers/dealer.html", context, status=status)


def _statement_url(dealer: Dealer) -> str:
    return reverse("console:statement", args=[dealer.number])


def _figures(dealer: Dealer, credit: Credit, overdue: Decimal) -> list[dict[str, Any]]:
    return [
        {"label": _("Credit limit"), "value": format_amount(credit.limit), "unit": dealer.currency},
        {"label": _("Used"), "value": f"{credit.used_percent} %", "tone": "bad" if credit.exceeded else ""},
        {
            "label": _("Left"),
            "value": format_amount(credit.left),
            "unit": dealer.currency,
            "tone": "bad" if credit.left < 0 else "",
        },
        {
            "label": _("Overdue"),
            "value": format_amount(overdue),
            "unit": dealer.currency,
            "tone": "bad" if overdue else "",
        },
    ]


def _credit_facts(credit: Credit, overdue: Decimal) -> list[tuple[str, str]]:
    return [
        (_("Limit"), format_amount(credit.limit)),
        (_("Owed"), format_amount(credit.owed)),
        (_("Ordered, not invoiced"), format_amount(credit.ordered)),
        (_("Used"), format_amount(credit.exposure)),
        (_("In review"), format_amount(credit.in_review)),
        (_("Left"), format_amount(credit.left)),
        (_("Overdue"), format_amount(overdue)),
    ]


def _contact_facts(dealer: Dealer) -> list[tuple[str, str]]:
    return [
        (_("Contact"), dealer.contact_name),
        (_("E-mail"), dealer.contact_email),
        (_("Phone"), dealer.contact_phone),
        (_("Chinese name"), dealer.name_zh),
        (_("Tax number"), dealer.tax_id),
        (_("Language"), dealer.get_language_display()),
    ]


def _terms_facts(dealer: Dealer) -> list[tuple[str, str]]:
    terms = dealer.payment_terms_days
    return [
        (_("Currency"), dealer.currency),
        (_("Payment terms"), _("%(days)s days") % {"days": terms} if terms else _("Prepaid")),
        (_("Tax rate"), f"{format_quantity(dealer.tax_percent)} %"),
        (_("PO number required"), _("yes") if dealer.po_number_required else _("no")),
        (_("Dealer group"), dealer.group.display_name if dealer.group else ""),
        (_("Sees retail price and margin"), _("yes") if dealer.shows_margin else _("no")),
        (_("Sales rep"), dealer.sales_rep.name if dealer.sales_rep else ""),
        (_("Territory"), dealer.territory.name if dealer.territory else ""),
    ]


def purchases_by_month(dealer: Dealer) -> list[tuple[str, Decimal, bool]]:
    """Net amount of approved orders in each of the last twelve months, oldest first; the running one is marked."""
    today = timezone.localdate()
    months = [_month(today, back) for back in range(MONTHS - 1, -1, -1)]
    bought = (
        DealerOrder.objects.filter(dealer=dealer, approved_at__isnull=False, placed_at__gte=day_start(months[0]))
        .exclude(state="cancelled")
        .annotate(month=TruncMonth("placed_at", tzinfo=timezone.get_default_timezone()))
        .order_by()
        .values_list("month")
        .annotate(amount=Sum("net_total"))
    )
    amounts = {moment.date(): amount for moment, amount in bought}
    if not amounts:
        return []
    return [(date_format(month, "M"), amounts.get(month, Decimal(0)), month == months[-1]) for month in months]


def _month(day: date, back: int) -> date:
    month = day.year * 12 + day.month - 1 - back
    return date(month // 12, month % 12 + 1, 1)


def described(changes: Sequence[DealerChange] | Any) -> list[dict[str, Any]]:
    """Changes in words: the field's name, and values as people read them. One statement for the reps' names."""
    rows = list(changes)
    codes = {value for change in rows if change.field == "sales_rep" for value in (change.old, change.new) if value}
    reps = dict(SalesRep.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}
    return [
        {
            "change": change,
            "field": _field_name(change.field),
            "old": _value(change.field, change.old, reps),
            "new": _value(change.field, change.new, reps),
        }
        for change in rows
    ]


def _field_name(field: str) -> str:
    if field == MEMBER:
        return _("Member")
    name = str(getattr(Dealer._meta.get_field(field), "verbose_name", field))
    return name[:1].upper() + name[1:]


def _value(field: str, stored: str, reps: dict[str, str]) -> str:
    if field == "sales_rep":
        return reps.get(stored, stored)
    if field == "credit_limit" and stored:
        return format_amount(stored)
    if field == MEMBER and stored.endswith(")"):
        email, _space, role = stored[:-1].rpartition(" (")
        return f"{email} ({dict(DealerRole.choices).get(role, role)})"
    return {"yes": _("yes"), "no": _("no")}.get(stored, stored)
