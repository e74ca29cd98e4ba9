"""What dealers are paid for consumer orders: by dealer, order by order, and how each amount came about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from dealers.accounts.models import Dealer
from fulfilment.allocation.models import Allocation
from fulfilment.settlement.booking import day_of
from fulfilment.settlement.reading import DealerTotals, at_stage, totals, with_money
from fulfilment.settlement.settling import settle_due
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.formats import format_amount
from portal.components.keyset import with_params, without_place
from portal.console.money_dealers import page_after
from portal.documents.workbooks import Column, Sheet
from portal.shop.money_period import chosen_period
from portal.shop.settlement_list import SettlementFilter, page, sheet_of, tabs_of
from portal.shop.settlement_page import page_context, with_page_rows


@require_safe
def settlements(request: PortalRequest) -> HttpResponse:
    """Each dealer's money: not payable yet, payable, brought to its account in a period."""
    today = timezone.localdate()
    period_form, period = chosen_period(request.GET, today)
    rows = totals(Dealer.objects.for_user(request.user), period.start, period.end, today)
    shown, previous, following = page_after(rows, request.GET)
    context = {
        "form": period_form,
        "period": period,
        "rows": shown,
        "count": len(rows),
        "figures": _figures(rows),
        "previous_url": with_params(request.GET, before=previous, after=None) if previous else "",
        "next_url": with_params(request.GET, after=following, before=None) if following else "",
        "export_query": without_place(request.GET),
        "settles": request.portal.may(Permission.RECONCILE_CONSUMER_MONEY),
    }
    return render(request, "console/money/settlements.html", context)


@require_safe
def settlements_export(request: PortalRequest) -> FileResponse:
    """Each dealer's totals as Excel."""
    today = timezone.localdate()
    _form, period = chosen_period(request.GET, today)
    rows = totals(Dealer.objects.for_user(request.user), period.start, period.end, today)
    columns = [
        Column(_("Dealer number")),
        Column(_("Dealer"), width=36),
        Column(_("Currency"), width=10),
        Column(_("Not payable yet"), "money"),
        Column(_("Payable now"), "money"),
        Column(_("Brought to the account in the period"), "money"),
    ]
    cells = (
        [row.dealer.number, row.dealer.display_name, row.dealer.currency, row.pending, row.payable, row.settled]
        for row in rows
    )
    return excel(f"settlements-{period.start:%Y%m%d}-{period.end:%Y%m%d}", [Sheet(_("Dealers"), columns, cells)])


@require_POST
def settlements_now(request: PortalRequest) -> HttpResponse:
    """Bring to the accounts what has become payable, without waiting for the night."""
    done = settle_due(day_of(timezone.now()), by=request.user)
    text = ngettext("%(done)s order was settled.", "%(done)s orders were settled.", done) % {"done": done}
    messages.success(request, text if done else _("Nothing has become payable since the last time."))
    return redirect("console:settlements")


@require_safe
def settlement_orders(request: PortalRequest) -> HttpResponse:
    """What was sent by dealers, order by order, newest first."""
    today = timezone.localdate()
    form, tab = SettlementFilter(request.GET), request.GET.get("tab", "")
    found = form.select(with_money(Allocation.objects.for_user(request.user)), by_dealer=True)
    listed, rows = page(at_stage(found, tab, today), request.GET, today)
    context = {
        "form": form,
        "chips": form.chips(request.GET),
        "tabs": tabs_of(found, tab, request.GET, today),
        "rows": rows,
        "links": listed,
        "export_query": without_place(request.GET),
    }
    return render(request, "console/money/settlement_orders.html", context)


@require_safe
def settlement_orders_export(request: PortalRequest) -> FileResponse:
    """The filtered orders as Excel."""
    today = timezone.localdate()
    found = SettlementFilter(request.GET).select(with_money(Allocation.objects.for_user(request.user)), by_dealer=True)
    found = at_stage(found, request.GET.get("tab", ""), today)
    return excel(f"settlement-orders-{today:%Y%m%d}", [sheet_of(found, today, with_dealer=True)])


@require_safe
def settlement(request: PortalRequest, pk: int) -> HttpResponse:
    """How what a dealer is paid for one consumer order came about."""
    visible: QuerySet[Allocation] = with_page_rows(Allocation.objects.for_user(request.user))
    context = page_context(get_object_or_404(visible, pk=pk))
    context["crumbs"] = [(_("Consumer sales"), reverse("console:settlements")), (context["order"].external_number, "")]
    context["sees_orders"] = request.portal.may(Permission.SEE_CONSUMER_ORDERS)
    return render(request, "console/money/settlement.html", context)


def _figures(rows: Iterable[DealerTotals]) -> list[dict[str, Any]]:
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal("0.00")] * 3)
    for row in rows:
        added = zip(sums[row.dealer.currency], (row.pending, row.payable, row.settled), strict=True)
        sums[row.dealer.currency] = [before + more for before, more in added]
    words = (_("Not payable yet"), _("Payable now"), _("Brought to accounts in the period"))
    return [
        {"label": word, "value": format_amount(amount), "unit": currency}
        for currency, amounts in sorted(sums.items())
        for word, amount in zip(words, amounts, strict=True)
    ]
