"""Price lists themselves: made, copied, changed, ended. Every change of a list's head is recorded with who made it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer, User
from pricing.terms.assign import AssignmentRefused, give_list, refusal
from pricing.terms.audit import acting
from pricing.terms.listlog import COPIED, LONGEST, PriceListChange
from pricing.terms.models import ListKind, PriceList

SOURCE = "console"
#: What a person may say of a list, once it is made; its code stays.
HEAD = (
    "name",
    "name_zh",
    "kind",
    "currency",
    "tax_included",
    "owner_dealer",
    "valid_from",
    "valid_to",
    "is_active",
)
#: Those of them that move what dealers pay.
MOVING = frozenset({"currency", "tax_included", "valid_from", "valid_to", "is_active"})

COPY = """
INSERT INTO pricing_terms_price (price_list_id, product_id, min_quantity, price, valid_from, valid_to)
SELECT %(to)s, product_id, min_quantity, price, valid_from, valid_to FROM pricing_terms_price
 WHERE price_list_id = %(source)s AND (valid_to IS NULL OR valid_to >= %(today)s)
"""


class ListRefused(Exception):
    """A list that cannot be kept so; nothing was written. `field` is where the mend belongs."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def last_change(pk: int) -> int:
    """What a form remembers of a list, to notice that somebody else came first; 0 when it never changed."""
    found = PriceListChange.objects.filter(price_list=pk, dealer_number="", group_code="")
    return found.values_list("pk", flat=True).first() or 0


def buyers(price_list: PriceList) -> int:
    """How many dealers buy by a list, by themselves or by their group, when it is active and on its days."""
    theirs = Q(price_lists__price_list=price_list) | Q(group__price_lists__price_list=price_list)
    return Dealer.objects.filter(theirs, currency=price_list.currency).distinct().count()


def make_list(
    head: PriceList, *, copy_from: PriceList | None = None, today: date, by: User | None, source: str = SOURCE
) -> PriceList:
    """Make a list, with the prices of another one that hold on `today` or later. One dealer's list is given to it, as
    its nearest.

    Refuses (ListRefused) what `PriceList.clean` refuses, one dealer's list in another currency than the dealer's, and a
    copy of prices in other money or with tax otherwise. A copied formula list's prices are fixed ones from then on.
    """
    if copy_from and (copy_from.currency, copy_from.tax_included) != (head.currency, head.tax_included):
        message = _("That list has another currency, or prices with tax where these are without. Copy one that agrees.")
        raise ListRefused(message, "copy_from")
    _require_sound(head)
    with acting(by, source):
        head.save(force_insert=True)
        record([(head, {}, as_stored(head))], by=by, source=source)
        if copy_from:
            asked: dict[str, Any] = {"to": head.pk, "source": copy_from.pk, "today": today}
            with connection.cursor() as cursor:
                cursor.execute(COPY, asked)
            record([(head, {}, {COPIED: copy_from.code})], by=by, source=source)
        _give_to_owner(head, by, source)
    return head


def change_list(
    pk: int, values: Mapping[str, Any], *, by: User | None, seen: int | None = None, source: str = SOURCE
) -> list[PriceListChange]:
    """Change fields of `HEAD`; answers what differed.

    Refuses (ListRefused) what `make_list` refuses; a currency once there are prices or buyers, or with tax otherwise
    while formula lists follow this one; one dealer's list that others buy by; with `seen` (`last_change` as the editor
    read it) what somebody else changed since.
    """
    with transaction.atomic():
        stored = PriceList.objects.select_for_update(of=("self",)).select_related("owner_dealer", "base").get(pk=pk)
        if seen is not None and last_change(pk) != seen:
            raise ListRefused(_("Somebody else changed this price list meanwhile. Check the values and save again."))
        before = as_stored(stored)
        for name in HEAD:
            if name in values:
                setattr(stored, name, values[name])
        after = as_stored(stored)
        if after == before:
            return []
        _require_movable(stored, {name for name in HEAD if before.get(name) != after.get(name)})
        _require_sound(stored)
        stored.save(update_fields=list(HEAD))
        changes = record([(stored, before, after)], by=by, source=source)
        if before.get("owner_dealer") != after.get("owner_dealer"):
            _give_to_owner(stored, by, source)
        return changes


def as_stored(head: PriceList) -> dict[str, str]:
    """A list's head as the record keeps it; empty fields left out."""
    said = {name: _plain(getattr(head, name)) for name in HEAD}
    return {name: text for name, text in said.items() if text}


def record(
    changes: Iterable[tuple[PriceList, Mapping[str, str], Mapping[str, str]]], *, by: User | None, source: str
) -> list[PriceListChange]:
    """Keep what differs between each list's head before and after, for any number of lists in one statement."""
    return PriceListChange.objects.bulk_create(
        PriceListChange(
            price_list=head,
            list_code=head.code,
            field=name,
            old=before.get(name, "")[:LONGEST],
            new=after.get(name, "")[:LONGEST],
            by=by,
            by_name=(by.get_full_name() if by else "")[:200],
            source=source,
        )
        for head, before, after in changes
        for name in (*HEAD, COPIED)
        if before.get(name) != after.get(name)
    )


def not_its_own(head: PriceList) -> str:
    """Why a list cannot be one dealer's: who else buys by it; empty when it can, or is nobody's."""
    if head.owner_dealer_id is None:
        return ""
    others: Sequence[str] = [
        *head.dealers.exclude(dealer=head.owner_dealer_id).values_list("dealer__number", flat=True)[:1],
        *head.groups.values_list("group__code", flat=True)[:1],
    ]
    if not others:
        return ""
    message = _("%(other)s buys by this list too. Take it away there first, or copy it for this dealer.")
    return message % {"other": others[0]}


def _plain(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    return value.isoformat() if isinstance(value, date) else str(getattr(value, "number", value))


def _require_sound(head: PriceList) -> None:
    if head.valid_from and head.valid_to and head.valid_to < head.valid_from:
        raise ListRefused(_("This day is before the first one. Correct one of the two."), "valid_to")
    if head.owner_dealer is not None and head.kind == ListKind.STANDARD:
        raise ListRefused(_("A list of one dealer is an agreement. Choose that kind."), "kind")
    if head.owner_dealer is not None and (why := refusal(head, head.owner_dealer)):
        raise ListRefused(why, "owner_dealer")
    try:
        head.full_clean(exclude=("owner_dealer",))
    except ValidationError as why:
        field, messages = next(iter(why.message_dict.items()))
        raise ListRefused(messages[0], field if field in (*HEAD, "code", "base") else "") from why


def _require_movable(head: PriceList, differing: set[str]) -> None:
    if "currency" in differing and (head.prices.exists() or head.dealers.exists() or head.groups.exists()):
        message = _("There are prices or buyers in the old currency. Make another list for the new one.")
        raise ListRefused(message, "currency")
    if differing & {"currency", "tax_included"} and head.derived.exists():
        message = _("Formula lists are worked out from this one and would not agree with it any more.")
        raise ListRefused(message, "tax_included" if "tax_included" in differing else "currency")
    if "owner_dealer" in differing and (why := not_its_own(head)):
        raise ListRefused(why, "owner_dealer")


def _give_to_owner(head: PriceList, by: User | None, source: str) -> None:
    if head.owner_dealer_id is None or head.dealers.filter(dealer=head.owner_dealer_id).exists():
        return
    try:
        give_list(head, dealers=[head.owner_dealer_id], place=1, by=by, source=source)
    except AssignmentRefused as why:
        raise ListRefused(why.message, "owner_dealer") from why
