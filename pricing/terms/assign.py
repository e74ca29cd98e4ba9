"""Who buys by which list, in which order: for one dealer or for hundreds, with the same statements.

A place among a dealer's (or a group's) own lists counts from 1, the nearest. Every list that is given, taken away or
moved past another is recorded; lists that only make room are not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer, DealerGroup, User
from pricing.terms.listlog import PLACE, PriceListChange
from pricing.terms.models import DealerPriceList, GroupPriceList, ListKind, PriceList

SOURCE = "console"


class AssignmentRefused(Exception):
    """An order of lists that cannot be; nothing was written. `message` says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class _Side:
    """Whose lists are written: dealers' or groups'."""

    owners: type[Any]
    places: type[Any]
    name: str
    code: str


DEALERS = _Side(Dealer, DealerPriceList, "dealer", "number")
GROUPS = _Side(DealerGroup, GroupPriceList, "group", "code")
#: From an owner's key and its lists (keys, nearest first) to the lists it shall have.
Change = Callable[[int, list[int]], Sequence[int]]


def set_dealers_lists(
    wanted: Mapping[int, Sequence[int]],
    *,
    by: User | None,
    source: str = SOURCE,
    seen: Mapping[int, Sequence[int]] | None = None,
) -> set[int]:
    """Let each dealer, by key, buy by exactly these lists (keys, nearest first). Answers the dealers that changed.

    Refuses (AssignmentRefused) a list twice, one dealer's list for another one, a list in another currency than the
    dealer's, and, with `seen`, dealers whose lists somebody else changed since they were shown.
    """
    return _rearrange(DEALERS, wanted, lambda pk, has: wanted[pk], by=by, source=source, seen=seen)


def set_groups_lists(
    wanted: Mapping[int, Sequence[int]],
    *,
    by: User | None,
    source: str = SOURCE,
    seen: Mapping[int, Sequence[int]] | None = None,
) -> set[int]:
    """The same for groups. A list in another currency than a dealer's is left out for that dealer, not refused."""
    return _rearrange(GROUPS, wanted, lambda pk, has: wanted[pk], by=by, source=source, seen=seen)


def give_list(
    price_list: PriceList,
    *,
    dealers: Collection[int] = (),
    groups: Collection[int] = (),
    place: int | None = None,
    by: User | None,
    source: str = SOURCE,
) -> int:
    """Let dealers and groups, by key, buy by a list too, at a place (the last when not given). Answers how many of them
    had it otherwise before. Refuses what `set_dealers_lists` refuses."""

    def given(_pk: int, has: list[int]) -> list[int]:
        others = [each for each in has if each != price_list.pk]
        at = len(others) if place is None else min(place - 1, len(others))
        return [*others[:at], price_list.pk, *others[at:]]

    with transaction.atomic():
        changed = _rearrange(DEALERS, dealers, given, by=by, source=source)
        return len(changed) + len(_rearrange(GROUPS, groups, given, by=by, source=source))


def take_list(
    price_list: PriceList,
    *,
    dealers: Collection[int] = (),
    groups: Collection[int] = (),
    by: User | None,
    source: str = SOURCE,
) -> int:
    """Let dealers and groups, by key, not buy by a list any more. Answers how many of them had it."""

    def without(_pk: int, has: list[int]) -> list[int]:
        return [each for each in has if each != price_list.pk]

    with transaction.atomic():
        changed = _rearrange(DEALERS, dealers, without, by=by, source=source)
        return len(changed) + len(_rearrange(GROUPS, groups, without, by=by, source=source))


def give_owners(lists: Iterable[PriceList], *, by: User | None, source: str) -> int:
    """Give agreements to the dealers whose they are, as their nearest, where those do not have them yet."""
    own: dict[int, list[int]] = {}
    for each in lists:
        if each.owner_dealer_id is not None:
            own.setdefault(each.owner_dealer_id, []).append(each.pk)

    def nearest(pk: int, has: list[int]) -> list[int]:
        return [*(each for each in own[pk] if each not in has), *has]

    return len(_rearrange(DEALERS, own, nearest, by=by, source=source))


def _rearrange(
    side: _Side,
    keys: Iterable[int],
    change: Change,
    *,
    by: User | None,
    source: str,
    seen: Mapping[int, Sequence[int]] | None = None,
) -> set[int]:
    """Write what `change` answers for each owner. The owners are locked in the order of their keys."""
    asked = sorted(set(keys))
    if not asked:
        return set()
    with transaction.atomic():
        owners = {
            each.pk: each
            for each in side.owners.objects.select_for_update(no_key=True).filter(pk__in=asked).order_by("pk")
        }
        has: dict[int, list[int]] = {pk: [] for pk in owners}
        stored = side.places.objects.filter(**{f"{side.name}__in": owners}).order_by("priority")
        for pk, price_list in stored.values_list(f"{side.name}_id", "price_list_id"):
            has[pk].append(price_list)
        if seen is not None and any(has[pk] != list(seen.get(pk, ())) for pk in owners):
            raise AssignmentRefused(_("Somebody else changed these price lists meanwhile. Look at them again."))
        wanted = {pk: list(change(pk, has[pk])) for pk in owners}
        differing = [pk for pk in owners if wanted[pk] != has[pk]]
        named = {pk for owner in differing for pk in (*has[owner], *wanted[owner])}
        lists = PriceList.objects.in_bulk(named)
        for pk in differing:
            _require_possible(owners[pk], wanted[pk], has[pk], lists)
        with connection.cursor() as cursor:  # Django's own delete takes a hundred rows at a time
            cursor.execute(
                f"DELETE FROM {side.places._meta.db_table} WHERE {side.name}_id = ANY(%s)",  # noqa: S608 - our own names
                [differing],
            )
        side.places.objects.bulk_create(
            side.places(**{f"{side.name}_id": pk}, price_list_id=each, priority=place)
            for pk in differing
            for place, each in enumerate(wanted[pk], start=1)
        )
        PriceListChange.objects.bulk_create(
            change
            for pk in differing
            for change in _recorded(side, owners[pk], has[pk], wanted[pk], lists, by=by, source=source)
        )
        return set(differing)


def _require_possible(owner: Any, wanted: list[int], has: list[int], lists: Mapping[int, PriceList]) -> None:
    if len(set(wanted)) < len(wanted):
        raise AssignmentRefused(_("A price list is named twice. Name it once."))
    for each in (lists[pk] for pk in wanted if pk not in has):
        why = refusal(each, owner)
        if why:
            raise AssignmentRefused(why)


def refusal(price_list: PriceList, owner: Dealer | DealerGroup) -> str:
    """Why a dealer or a group cannot be given a list; empty when it can."""
    if price_list.kind == ListKind.EXCEPTIONS:
        return _("One-off prices are one dealer's; nobody can be given them.")
    if isinstance(owner, DealerGroup):
        if price_list.owner_dealer_id:
            message = _("The price list %(list)s is one dealer's own; a group cannot buy by it.")
            return message % {"list": price_list.code}
        return ""
    if price_list.owner_dealer_id not in (None, owner.pk):
        message = _("The price list %(list)s is another dealer's own; %(dealer)s cannot buy by it.")
        return message % {"list": price_list.code, "dealer": owner.number}
    if price_list.currency != owner.currency:
        return _(
            "The price list %(list)s is in %(theirs)s, the dealer %(dealer)s buys in %(ours)s: "
            "its prices would not count."
        ) % {
            "list": price_list.code,
            "theirs": price_list.currency,
            "dealer": owner.number,
            "ours": owner.currency,
        }
    return ""


def _recorded(
    side: _Side,
    owner: Any,
    has: list[int],
    wanted: list[int],
    lists: Mapping[int, PriceList],
    *,
    by: User | None,
    source: str,
) -> list[PriceListChange]:
    """What was given, taken away, or moved past another, with the places before and after."""
    stayed, stays = [pk for pk in has if pk in wanted], [pk for pk in wanted if pk in has]
    moved = {pk for pair in zip(stayed, stays, strict=True) if pair[0] != pair[1] for pk in pair}
    told = moved | (set(has) ^ set(wanted))
    code = getattr(owner, side.code)
    whose = {"dealer_number": code} if side is DEALERS else {"group_code": code}
    return [
        PriceListChange(
            price_list_id=pk,
            list_code=lists[pk].code,
            field=PLACE,
            old=str(has.index(pk) + 1) if pk in has else "",
            new=str(wanted.index(pk) + 1) if pk in wanted else "",
            by=by,
            by_name=(by.get_full_name() if by else "")[:200],
            source=source,
            **whose,
        )
        for pk in dict.fromkeys((*wanted, *has))
        if pk in told
    ]
