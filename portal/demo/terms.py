"""The demo company's finer terms: a group of dealers, a list worked out by formula, one price agreed by exception."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, DealerGroup, StaffRole, User
from portal.demo.company.dealers import DEMO_DEALER
from pricing.quote import quote, supplier_day
from pricing.terms.derive import set_formula
from pricing.terms.exceptions import approve_exception, request_exception
from pricing.terms.groups import set_group_lists
from pricing.terms.lists import change_list
from pricing.terms.models import DealerPriceList, FormulaRule, ListKind, PriceException, PriceList

Product = get_model("catalogue", "Product")
Category = get_model("catalogue", "Category")

GROUP = "CORE"
SHARED = ("PARTNER-CNY", "WHOLESALE-CNY")
PROMOTED_CATEGORY = "Cookware"
EXCEPTION_SKU = "KN307-40X28-AC"


def load() -> None:
    """Give the partners a group that carries their common lists. What is there already is left as it is."""
    group, _made = DealerGroup.objects.get_or_create(
        code=GROUP, defaults={"name": "Core partners", "name_zh": "核心伙伴"}
    )
    partners = Dealer.objects.filter(price_lists__price_list__code=SHARED[0])
    partner_ids = list(partners.values_list("pk", flat=True))
    Dealer.objects.filter(pk__in=partner_ids).update(group=group)
    DealerPriceList.objects.filter(dealer__in=partner_ids, price_list__code__in=SHARED).delete()
    shared = {each.code: each for each in PriceList.objects.filter(code__in=SHARED)}
    set_group_lists(group, [_formula(shared[SHARED[1]]), *(shared[code] for code in SHARED)])
    _agreement()
    if not PriceException.objects.exists():
        _exception()


def _agreement() -> None:
    """The demo dealer's own prices are its agreement: nobody else's, and only its rep reads them."""
    found = PriceList.objects.filter(code=f"AGREEMENT-{DEMO_DEALER}").first()
    owner = Dealer.objects.filter(number=DEMO_DEALER).first()
    if found is not None and owner is not None:
        change_list(found.pk, {"kind": ListKind.AGREEMENT, "owner_dealer": owner}, by=None, source="import")


def _formula(base: PriceList) -> PriceList:
    """Seven percent off cookware, rounded to ten cents."""
    found = PriceList.objects.filter(code="COOKWARE-CNY").first() or PriceList(code="COOKWARE-CNY")
    found.name, found.currency, found.kind, found.base = (
        "Cookware China 炊具协作价",
        base.currency,
        ListKind.FORMULA,
        base,
    )
    found.rounding_step = Decimal("0.10")
    category = Category.objects.get(name=PROMOTED_CATEGORY, depth=1)
    set_formula(found, [FormulaRule(category=category, percent=Decimal(-7))], by=None)
    return found


def _exception() -> None:
    """A tenth off one product for the demo dealer for three months, asked for by its rep."""
    dealer = Dealer.objects.select_related("sales_rep__user").get(number=DEMO_DEALER)
    rep = dealer.sales_rep.user if dealer.sales_rep else None
    finance = User.objects.filter(staff_role=StaffRole.FINANCE, is_active=True).first()
    product = Product.objects.get(upc=EXCEPTION_SKU)
    price = quote(dealer, [(product.pk, 1)]).lines[0].unit_price
    if rep is None or finance is None or price is None:
        return
    today = supplier_day(timezone.now())
    asked = request_exception(
        dealer,
        product,
        (price * Decimal("0.90")).quantize(Decimal("0.01")),
        valid_from=today,
        valid_to=today + timedelta(days=90),
        reason="新店开业首单，三个月内有效 (opening order of the new shop, for three months)",
        by=rep,
    )
    approve_exception(asked.pk, by=finance, note="同意 (agreed)")
