"""Writing promotions: every change is checked, recorded with who made it, and holds from the next page on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer, DealerGroup, User
from pricing.catalogue.families import code_of
from pricing.promotions.models import Promotion, PromotionChange, PromotionKind, PromotionScope, PromotionTarget

#: The promotion's own columns, as the record keeps them.
COLUMNS = (
    "code",
    "name",
    "name_zh",
    "kind",
    "percent",
    "amount",
    "buy",
    "free",
    "minimum_quantity",
    "minimum_value",
    "currency",
    "valid_from",
    "valid_to",
    "is_active",
    "priority",
    "exclusive",
    "budget_amount",
)


#: The fields that each kind needs; the others of `VALUES` are not kept.
NEEDS: dict[str, tuple[str, ...]] = {
    PromotionKind.PERCENT: ("percent",),
    PromotionKind.AMOUNT: ("amount",),
    PromotionKind.FREE: ("buy", "free"),
    PromotionKind.BUNDLE: ("percent", "minimum_quantity"),
    PromotionKind.ORDER: ("minimum_value",),
}
VALUES = ("percent", "amount", "buy", "free", "minimum_quantity", "minimum_value")


class PromotionRefused(Exception):
    """A promotion that cannot be kept; nothing was written. `field` is where the mend belongs."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True)
class Reach:
    """For whom a promotion is and what it is about; without dealers and groups everybody, without targets everything.

    `categories` are ids; each counts with all below it.
    """

    dealers: Sequence[Dealer] = ()
    groups: Sequence[DealerGroup] = ()
    products: Sequence[Any] = ()
    categories: Sequence[int] = ()
    brands: Sequence[str] = ()


def last_change(pk: int) -> int:
    """What a form remembers of a promotion, to notice that somebody else came first; 0 when it never changed."""
    return PromotionChange.objects.filter(promotion=pk).values_list("pk", flat=True).first() or 0


def save_promotion(
    promotion: Promotion, reach: Reach, *, by: User | None, seen: int | None = None
) -> PromotionChange | None:
    """Write a new or changed promotion with its record; the same again changes nothing (None).

    Refuses a second promotion with the code, a budget below what orders have taken already, and, with `seen`
    (`last_change` as the editor read it), a promotion that somebody else changed since.
    """
    try:
        with transaction.atomic():
            before = _locked(promotion.pk, seen) if promotion.pk else None
            old = as_stored(before, reach_of(before)) if before else {}
            new = as_stored(promotion, reach)
            if old == new:
                return None
            promotion.budget_used = _used(promotion)
            promotion.everybody = not (reach.dealers or reach.groups)
            promotion.everything = not (reach.products or reach.categories or reach.brands)
            promotion.save()
            _write_reach(promotion, reach)
            return _record(promotion.pk, old, new, by)
    except IntegrityError as why:
        raise PromotionRefused(_("There is a promotion with this code already. Choose another one."), "code") from why


def end_promotion(pk: int, *, by: User | None) -> bool:
    """Take a promotion out of use at once; orders that were placed keep it. Whether it was in use."""
    with transaction.atomic():
        promotion = Promotion.objects.select_for_update().get(pk=pk)
        if not promotion.is_active:
            return False
        reach = reach_of(promotion)
        old = as_stored(promotion, reach)
        promotion.is_active = False
        promotion.save(update_fields=["is_active"])
        _record(pk, old, as_stored(promotion, reach), by)
        return True


def reach_of(promotion: Promotion) -> Reach:
    """For whom a stored promotion is and what it is about. Two statements."""
    scopes = list(promotion.scopes.select_related("dealer", "group").order_by("dealer__number", "group__code"))
    targets = list(promotion.targets.select_related("product__card").order_by("product__upc", "category", "brand"))
    return Reach(
        dealers=[scope.dealer for scope in scopes if scope.dealer],
        groups=[scope.group for scope in scopes if scope.group],
        products=[target.product for target in targets if target.product],
        categories=[target.category_id for target in targets if target.category_id],
        brands=[target.brand for target in targets if target.brand],
    )


def as_stored(promotion: Promotion, reach: Reach) -> dict[str, str]:
    """The promotion as the record keeps it: codes and plain numbers, empty fields left out."""
    said = {name: _plain(getattr(promotion, name)) for name in COLUMNS}
    said["dealers"] = ", ".join(sorted(dealer.number for dealer in reach.dealers))
    said["groups"] = ", ".join(sorted(group.code for group in reach.groups))
    said["products"] = ", ".join(sorted(code_of(product) for product in reach.products))
    said["categories"] = ", ".join(str(pk) for pk in sorted(reach.categories))
    said["brands"] = ", ".join(sorted(reach.brands))
    return {name: text for name, text in said.items() if text}


def _plain(value: Any) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _locked(pk: int, seen: int | None) -> Promotion:
    before = Promotion.objects.select_for_update().get(pk=pk)
    last = PromotionChange.objects.filter(promotion=pk).first()
    if seen is not None and last is not None and last.pk != seen:
        message = _("%(who)s changed this promotion while you had the page open. Check the values and save again.")
        raise PromotionRefused(message % {"who": last.by_name})
    return before


def _used(promotion: Promotion) -> Decimal:
    """What orders that stand have taken: counted anew, so that a budget given later knows what went before."""
    if not promotion.pk:
        return Decimal("0.00")
    used = promotion.uses.filter(given_back_at=None).aggregate(sum=Sum("amount"))["sum"] or Decimal("0.00")
    if promotion.budget_amount is not None and promotion.budget_amount < used:
        message = _("Orders have taken %(used)s of this promotion already. Give at least that much.")
        raise PromotionRefused(message % {"used": f"{used:,.2f}"}, "budget_amount")
    return used


def _write_reach(promotion: Promotion, reach: Reach) -> None:
    promotion.scopes.all().delete()
    promotion.targets.all().delete()
    PromotionScope.objects.bulk_create(
        [
            *(PromotionScope(promotion=promotion, dealer=dealer) for dealer in reach.dealers),
            *(PromotionScope(promotion=promotion, group=group) for group in reach.groups),
        ]
    )
    PromotionTarget.objects.bulk_create(
        [
            *(PromotionTarget(promotion=promotion, product=product) for product in reach.products),
            *(PromotionTarget(promotion=promotion, category_id=pk) for pk in reach.categories),
            *(PromotionTarget(promotion=promotion, brand=brand) for brand in reach.brands),
        ]
    )


def _record(pk: int, old: Mapping[str, str], new: Mapping[str, str], by: User | None) -> PromotionChange:
    name = by.get_full_name() if by else ""
    return PromotionChange.objects.create(promotion=pk, by=by, by_name=name, old=dict(old), new=dict(new))
