"""Price lists themselves, and who buys by which, as Excel in the columns of their imports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import FileResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dealers.accounts.models import Dealer
from portal.access.portal import PortalRequest
from portal.components.downloads import excel
from portal.console.import_columns import import_columns, import_rows
from portal.documents.workbooks import Sheet
from pricing.terms.lists_intake import ListBuyersIntake, PriceListsIntake
from pricing.terms.models import DealerPriceList, GroupPriceList, ListKind, PriceList


@require_safe
def price_lists_export(request: PortalRequest) -> FileResponse:
    """The lists that people write, one a row, without their prices."""
    lists = PriceList.objects.for_user(request.user).filter(kind__in=(ListKind.STANDARD, ListKind.AGREEMENT))
    rows = import_rows(_heads(lists.order_by("code")))
    return excel("price-lists", [Sheet(_("Price lists"), import_columns(PriceListsIntake.columns), rows)])


@require_safe
def list_buyers_export(request: PortalRequest) -> FileResponse:
    """Which lists each dealer and each group buys by, nearest first."""
    dealers = DealerPriceList.objects.filter(dealer__in=Dealer.objects.for_user(request.user))
    columns = import_columns(ListBuyersIntake.columns)
    return excel("price-list-buyers", [Sheet(_("Who buys by which"), columns, _buyers(dealers))])


def _heads(lists: Any) -> Iterator[tuple[Any, ...]]:
    for each in lists.select_related("owner_dealer"):
        owner = each.owner_dealer.number if each.owner_dealer else ""
        yield (
            each.code, each.name, each.name_zh, each.kind, owner, each.currency, each.tax_included,
            each.valid_from, each.valid_to, each.is_active,
        )  # fmt: skip


def _buyers(dealers: Any) -> Iterator[tuple[Any, ...]]:
    rows: dict[tuple[str, str], list[str]] = {}
    for number, code in dealers.order_by("dealer__number", "priority").values_list(
        "dealer__number", "price_list__code"
    ):
        rows.setdefault((number, ""), []).append(code)
    groups = GroupPriceList.objects.order_by("group__code", "priority")
    for group, code in groups.values_list("group__code", "price_list__code"):
        rows.setdefault(("", group), []).append(code)
    yield from ((*owner, "; ".join(codes)) for owner, codes in rows.items())
