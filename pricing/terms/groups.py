"""Which lists a group of dealers buys by."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError

from dealers.accounts.models import DealerGroup, User
from pricing.terms.assign import AssignmentRefused, set_groups_lists
from pricing.terms.models import PriceList


def set_group_lists(
    group: DealerGroup, lists: Sequence[PriceList], *, by: User | None = None, seen: Sequence[int] | None = None
) -> bool:
    """Let a group buy by exactly these lists, nearest first, from its dealers' next request on; whether that differs.

    Refused (ValidationError): a list named twice, one dealer's own list, and, with `seen` (the keys of the lists as
    they were shown), what somebody else changed since. Lists in another currency than a dealer's do not count for that
    dealer.
    """
    shown = None if seen is None else {group.pk: seen}
    try:
        return bool(set_groups_lists({group.pk: [each.pk for each in lists]}, by=by, seen=shown))
    except AssignmentRefused as why:
        raise ValidationError(why.message) from why
