"""Which lists a group of dealers buys by."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from dealers.accounts.models import DealerGroup
from pricing.terms.models import GroupPriceList, ListKind, PriceList


def set_group_lists(group: DealerGroup, lists: Sequence[PriceList]) -> bool:
    """Let a group buy by exactly these lists, nearest first, from its dealers' next request on; whether that differs.

    Refused (ValidationError): a list named twice, and one dealer's exceptions list. Lists in another currency than a
    dealer's do not count for that dealer.
    """
    if len({each.pk for each in lists}) < len(lists):
        raise ValidationError(_("A price list is named twice. Name it once."))
    if any(each.kind == ListKind.EXCEPTIONS for each in lists):
        raise ValidationError(_("One-off prices are one dealer's; a group cannot buy by them."))
    with transaction.atomic():
        DealerGroup.objects.select_for_update().get(pk=group.pk)
        has = list(group.price_lists.order_by("priority").values_list("price_list_id", flat=True))
        if has == [each.pk for each in lists]:
            return False
        group.price_lists.all().delete()
        GroupPriceList.objects.bulk_create(
            GroupPriceList(group=group, price_list=each, priority=place) for place, each in enumerate(lists, start=1)
        )
        return True
