"""What the dealer is paid for consumer orders: what is still to come, what is on the account, and how it came about."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fulfilment.allocation.models import Allocation
from fulfilment.settlement.reading import DealerTotals, at_stage, totals, with_money
from portal.access.portal import PortalRequest
from portal.components.downloads import excel
from portal.components.formats import format_amount
from portal.components.keyset import without_place
from portal.shop.settlement_list import SettlementFilter, page, sheet_of, tabs_of
from portal.shop.settlement_page import page_context, with_page_rows


@require_safe
def settlements(request: PortalRequest) -> HttpResponse:
    """Consumer orders the dealer has sent, newest first, with what each comes to."""
    dealer, today = request.portal.dealer, timezone.localdate()
    form, tab = SettlementFilter(request.GET), request.GET.get("tab", "")
    found = form.select(with_money(_own(request)))
    listed, rows = page(at_stage(found, tab, today), request.GET, today)
    mine = next(iter(totals([dealer], today.replace(day=1), today, today)), DealerTotals(dealer))
    unit = dealer.currency
    context = {
        "form": form,
        "chips": form.chips(request.GET),
        "tabs": tabs_of(found, tab, request.GET, today),
        "rows": rows,
        "links": listed,
        "currency": unit,
        "export_query": without_place(request.GET),
        "figures": [
            {"label": _("Not payable yet"), "value": format_amount(mine.pending), "unit": unit},
            {"label": _("Payable now"), "value": format_amount(mine.payable), "unit": unit},
            {"label": _("Brought to the account this month"), "value": format_amount(mine.settled), "unit": unit},
        ],
    }
    return render(request, "shop/money/settlements.html", context)


@require_safe
def settlements_export(request: PortalRequest) -> FileResponse:
    """The filtered list as Excel."""
    today = timezone.localdate()
    found = SettlementFilter(request.GET).select(with_money(_own(request)))
    found = at_stage(found, request.GET.get("tab", ""), today)
    return excel(f"consumer-sales-{today:%Y%m%d}", [sheet_of(found, today, with_dealer=False)])


@require_safe
def settlement(request: PortalRequest, pk: int) -> HttpResponse:
    """How what the dealer is paid for one consumer order came about."""
    found = get_object_or_404(with_page_rows(_own(request)), pk=pk)
    return render(request, "shop/money/settlement.html", page_context(found))


def _own(request: PortalRequest) -> QuerySet[Allocation]:
    """Allocations of the dealer acted for, not of another one where the user's role may be a lesser one."""
    return Allocation.objects.for_user(request.user).filter(dealer=request.portal.dealer)
