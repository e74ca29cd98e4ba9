"""Where the supplier's people start: for each role the work that waits and the figures behind it."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dealers.accounts.models import Dealer, StaffRole, User
from dealers.ledger.models import AccountDocument, DocumentKind
from dealers.statements.statement import open_amounts
from erp_bridge.inbound.models import InboundDocument, InboundState
from erp_bridge.outbox.models import MessageState, OutboxMessage
from fulfilment.ordering.credit import Credit, credit_of_many
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.states import State
from portal.access.portal import PortalRequest
from portal.console.dealer_filter import with_last_order
from portal.console.order_filter import REFUSED_BY_ERP
from portal.console.orders import waiting_figures
from portal.imports.models import ImportJob

TOP = 12
RECENT_DAYS = 14


@require_safe
def home(request: PortalRequest) -> HttpResponse:
    """The start page of the user's role."""
    boards = {
        StaffRole.SALES_REP: (rep_board, "console/home/rep.html"),
        StaffRole.FINANCE: (finance_board, "console/home/finance.html"),
        StaffRole.ADMINISTRATOR: (administrator_board, "console/home/administrator.html"),
    }
    board, template = boards[StaffRole(request.user.staff_role)]
    return render(request, template, board(request.user))


def rep_board(user: User) -> dict[str, Any]:
    """A rep's day: what waits, their dealers with last order and overdue, and what went wrong lately."""
    orders = DealerOrder.objects.for_user(user)
    dealers = list(with_last_order(Dealer.objects.for_user(user).filter(is_active=True)).order_by("name"))
    owed = open_amounts([dealer.pk for dealer in dealers])
    credits = credit_of_many(dealers)
    rows = [{"dealer": dealer, "overdue": owed[dealer.pk].overdue, "credit": credits[dealer.pk]} for dealer in dealers]
    rows.sort(key=_worst_first)
    return {
        "figures": _linked(waiting_figures(orders.filter(state=State.REVIEW)), reverse("console:review")),
        "waiting": _oldest(orders),
        "dealers": rows[:TOP],
        "dealer_count": len(dealers),
        "troubles": _troubles(orders),
    }


def _worst_first(row: dict[str, Any]) -> tuple[bool, float]:
    """Overdue dealers first, then those whose last order is longest ago."""
    last = row["dealer"].last_order
    return (not row["overdue"], last.timestamp() if last else 0.0)


def finance_board(user: User) -> dict[str, Any]:
    """Exposure and overdue by currency, the documents of the week, and the dealers who owe longest."""
    today = timezone.localdate()
    dealers = list(Dealer.objects.for_user(user))
    credits, owed = credit_of_many(dealers), open_amounts([dealer.pk for dealer in dealers])
    by_currency: dict[str, dict[str, Any]] = defaultdict(
        lambda: dict.fromkeys(("owed", "ordered", "exposure", "overdue"), Decimal(0))
    )
    for dealer in dealers:
        sums = by_currency[dealer.currency]
        sums["owed"] += credits[dealer.pk].owed
        sums["ordered"] += credits[dealer.pk].ordered
        sums["exposure"] += credits[dealer.pk].exposure
        sums["overdue"] += owed[dealer.pk].overdue
    late: list[dict[str, Any]] = [
        {
            "dealer": dealer,
            "open": owed[dealer.pk],
            "credit": credits[dealer.pk],
            "days": max(item.days_overdue(today) for item in owed[dealer.pk].items if item.left > 0),
        }
        for dealer in dealers
        if owed[dealer.pk].overdue
    ]
    late.sort(key=lambda row: row["days"], reverse=True)
    return {
        "currencies": sorted(by_currency.items()),
        "figures": _finance_figures(dealers, credits, len(late)),
        "late": late[:TOP],
        "documents": _documents_of_the_week(user),
        "parked": OutboxMessage.objects.filter(state=MessageState.PARKED).count(),
    }


def _finance_figures(dealers: list[Dealer], credits: dict[int, Credit], late: int) -> list[dict[str, Any]]:
    over = sum(1 for dealer in dealers if dealer.payment_terms_days and credits[dealer.pk].exceeded)
    return [
        {"label": _("Dealers"), "value": len(dealers), "url": reverse("console:dealers")},
        {"label": _("Dealers with something overdue"), "value": late, "tone": "bad" if late else ""},
        {"label": _("Dealers over their limit"), "value": over, "tone": "bad" if over else ""},
    ]


def _documents_of_the_week(user: User) -> list[dict[str, Any]]:
    since = timezone.localdate() - timedelta(days=6)
    counted = (
        AccountDocument.objects.for_user(user)
        .filter(issue_date__gte=since, issue_date__lte=timezone.localdate())
        .order_by("kind", "currency")
        .values("kind", "currency")
        .annotate(documents=Count("pk"), worth=Sum("total"))
    )
    words = dict(DocumentKind.choices)
    return [{**row, "word": words[row["kind"]]} for row in counted]


def administrator_board(user: User) -> dict[str, Any]:
    """Orders that wait by rep, the bridge's figures, the last imports, and what the ERP refused."""
    orders = DealerOrder.objects.for_user(user)
    waiting = orders.filter(state=State.REVIEW)
    by_rep = (
        waiting.order_by()
        .values("dealer__sales_rep__name", "dealer__sales_rep")
        .annotate(orders=Count("pk"), oldest=Min("placed_at"))
        .order_by("oldest")
    )
    return {
        "figures": _linked(waiting_figures(waiting), reverse("console:review")),
        "by_rep": list(by_rep),
        "bridge": bridge_figures(),
        "imports": list(ImportJob.objects.select_related("started_by")[:5]),
        "troubles": _troubles(orders),
    }


def bridge_figures() -> list[dict[str, Any]]:
    """How the ERP bridge stands: what waits, what needs a person, what left today, what was set aside."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    waiting = Q(state__in=(MessageState.PENDING, MessageState.LEASED))
    out = OutboxMessage.objects.aggregate(
        waiting=Count("pk", filter=waiting),
        retry=Count("pk", filter=Q(state=MessageState.RETRY)),
        parked=Count("pk", filter=Q(state=MessageState.PARKED)),
        delivered=Count("pk", filter=Q(state=MessageState.DONE, done_at__gte=today)),
        last=Max("done_at"),
    )
    set_aside = InboundDocument.objects.filter(state=InboundState.SET_ASIDE).count()
    url, inbound = reverse("console:messages"), reverse("console:inbound_messages")
    return [
        {"label": _("Waiting for the ERP"), "value": out["waiting"], "url": url},
        {
            "label": _("To be tried again"),
            "value": out["retry"],
            "url": f"{url}?state={MessageState.RETRY}",
            "tone": "warn" if out["retry"] else "",
        },
        {
            "label": _("Needs a person"),
            "value": out["parked"],
            "url": f"{url}?state={MessageState.PARKED}",
            "tone": "bad" if out["parked"] else "",
        },
        {"label": _("Delivered today"), "value": out["delivered"], "url": url},
        {
            "label": _("Documents set aside"),
            "value": set_aside,
            "url": f"{inbound}?state={InboundState.SET_ASIDE}",
            "tone": "bad" if set_aside else "",
        },
    ]


def _linked(figures: list[dict[str, Any]], url: str) -> list[dict[str, Any]]:
    """The first figure leads to the list behind it."""
    return [{**figure, "url": url} if index == 0 else figure for index, figure in enumerate(figures)]


def _oldest(orders: Any) -> list[DealerOrder]:
    waiting = orders.filter(state=State.REVIEW).select_related("dealer", "placed_by")
    return list(waiting.order_by("placed_at", "pk")[:5])


def _troubles(orders: Any) -> list[dict[str, Any]]:
    """Orders that the ERP refused and that still wait, then rejections of the last two weeks. Two statements."""
    refused = orders.filter(REFUSED_BY_ERP).select_related("dealer").order_by("-erp_acknowledged_at", "-pk")[:TOP]
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    rejected = (
        orders.filter(state=State.REJECTED, steps__to_state=State.REJECTED, steps__at__gte=since)
        .select_related("dealer")
        .annotate(ended_at=F("steps__at"), why=F("steps__note"), who=F("steps__by_name"))
        .order_by("-steps__at")[:TOP]
    )
    rows: list[dict[str, Any]] = [
        {
            "number": order.number,
            "dealer": order.dealer.display_name,
            "when": order.erp_acknowledged_at,
            "why": order.erp_refusal,
            "who": "ERP",
            "state": "refused",
            "word": _("Refused by the ERP"),
        }
        for order in refused
    ]
    rows += [
        {
            "number": order.number,
            "dealer": order.dealer.display_name,
            "when": order.ended_at,
            "why": order.why,
            "who": order.who,
            "state": "rejected",
            "word": _("Rejected"),
        }
        for order in rejected
    ]
    return rows
