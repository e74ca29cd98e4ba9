"""How the console says what was done to price lists, and which lists a dealer buys by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer, User, dealers_visible_to
from portal.components.formats import format_date
from portal.console.price_history import source_words
from pricing.rules import GROUP_RANK
from pricing.terms.listlog import COPIED, PLACE, PriceListChange
from pricing.terms.models import ListKind, PriceList

LAST_CHANGES = 20
BY_DATE = frozenset({"valid_from", "valid_to"})


def changes_of_list(found: PriceList, user: User) -> list[dict[str, Any]]:
    """The last changes of a list, without those of dealers the user may not see."""
    changes = PriceListChange.objects.filter(price_list=found.pk)
    if dealers_visible_to(user):
        theirs = Dealer.objects.for_user(user).values("number")
        changes = changes.filter(Q(dealer_number="") | Q(dealer_number__in=theirs))
    return _described(changes[:LAST_CHANGES], of_list=True)


def changes_of_dealer(dealer: Dealer) -> list[dict[str, Any]]:
    """The last changes of what a dealer buys by."""
    return _described(PriceListChange.objects.filter(dealer_number=dealer.number)[:LAST_CHANGES], of_list=False)


def changes_of_group(code: str) -> list[dict[str, Any]]:
    """The last changes of what a group buys by."""
    return _described(PriceListChange.objects.filter(group_code=code)[:LAST_CHANGES], of_list=False)


def _described(changes: Iterable[PriceListChange], *, of_list: bool) -> list[dict[str, Any]]:
    return [
        {
            "change": change,
            "field": _what(change, of_list),
            "old": _value(change.field, change.old),
            "new": _value(change.field, change.new),
            "source": source_words(change.source),
        }
        for change in changes
    ]


def _what(change: PriceListChange, of_list: bool) -> str:
    if change.field == PLACE:
        whose = change.dealer_number or change.group_code
        return _("Place: %(what)s") % {"what": whose if of_list else change.list_code}
    if change.field == COPIED:
        return _("Copied from")
    name = str(getattr(PriceList._meta.get_field(change.field), "verbose_name", change.field))
    return name[:1].upper() + name[1:]


def _value(field: str, stored: str) -> str:
    if field == "kind":
        return str(dict(ListKind.choices).get(stored, stored))
    if field in BY_DATE and stored:
        return format_date(date.fromisoformat(stored))
    return {"yes": _("yes")}.get(stored, stored)


def days_of(found: PriceList) -> str:
    """On which days a list prices anything, empty when on all."""
    if found.valid_from and found.valid_to:
        days = {"first": format_date(found.valid_from), "last": format_date(found.valid_to)}
        return _("%(first)s to %(last)s") % days
    if found.valid_from:
        return _("from %(day)s") % {"day": format_date(found.valid_from)}
    return _("until %(day)s") % {"day": format_date(found.valid_to)} if found.valid_to else ""


def chain_rows(dealer: Dealer, today: date) -> list[dict[str, Any]]:
    """The lists that count for a dealer, nearest first, each with where it comes from and whether it holds today; then
    those that it has and that do not count, with why. Two statements."""
    counting = list(dealer.chain.select_related("price_list").order_by("rank"))
    given = Q(dealers__dealer=dealer)
    if dealer.group_id:
        given |= Q(groups__group=dealer.group_id)
    others = PriceList.objects.filter(given).exclude(pk__in=[each.price_list_id for each in counting]).distinct()
    rows = [
        {
            "list": each.price_list,
            "origin": _origin(each.rank, dealer),
            "days": days_of(each.price_list),
            "why": "" if each.price_list.holds_on(today) else _("Not on these days"),
        }
        for each in counting
    ]
    return rows + [
        {"list": each, "origin": "", "days": days_of(each), "why": _left_out(each, dealer)}
        for each in others.order_by("code")
    ]


def _origin(rank: int, dealer: Dealer) -> str:
    if rank == 0:
        return _("One-off prices")
    if rank < GROUP_RANK:
        return _("The dealer's own, place %(place)s") % {"place": rank}
    name = dealer.group.display_name if dealer.group else ""
    return _("Of the group %(group)s") % {"group": name}


def _left_out(found: PriceList, dealer: Dealer) -> str:
    if found.currency != dealer.currency:
        return _("In %(currency)s, so it does not count") % {"currency": found.currency}
    return _("Not active, so it does not count")
