"""Price lists in the order that somebody is arranging: nothing is written before it is saved, and keys are enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from pricing.terms.models import ListKind, PriceList

SAVE = "save"
#: More than anybody arranges by hand.
MOST = 200


@dataclass
class Ordered:
    """Lists, nearest first. `seen` are the keys of those that were stored when the page was first drawn.

    `focus` is the code of the row that was just moved, and `towards` the way, so that the keyboard goes on from there.
    """

    lists: list[PriceList]
    seen: list[int]
    act: str = ""
    focus: str = ""
    towards: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def saves(self) -> bool:
        """Whether the person wants it written, and it can be."""
        return self.act == SAVE and not self.errors

    @property
    def keys(self) -> list[int]:
        """The lists' keys in the order."""
        return [each.pk for each in self.lists]

    @property
    def differs(self) -> bool:
        """Whether something would be written."""
        return self.keys != self.seen

    @property
    def rows(self) -> list[dict[str, Any]]:
        """For the template."""
        last = len(self.lists) - 1
        return [
            {
                "list": each,
                "first": place == 0,
                "last": place == last,
                "focus": each.code == self.focus,
                "focus_up": each.code == self.focus and (self.towards == "up") and place > 0,
            }
            for place, each in enumerate(self.lists)
        ]


def shown(stored: list[PriceList]) -> Ordered:
    """The order as it is stored."""
    return Ordered(stored, [each.pk for each in stored])


def arranged(data: QueryDict) -> Ordered:
    """The order as it was sent, after the one step that was asked for: `up:CODE`, `down:CODE`, `drop:CODE`, `add`.

    Codes that are no list's are an error at the order, never dropped silently.
    """
    codes = [code.strip() for code in data.getlist("list") if code.strip()][:MOST]
    act, _colon, target = data.get("act", SAVE).partition(":")
    wanted = data.get("new", "").strip()
    adds = wanted if act in ("add", SAVE) else ""
    found = {each.code: each for each in PriceList.objects.filter(code__in=[*codes, adds])}
    order = Ordered([found[code] for code in codes if code in found], _keys(data.get("seen", "")), act, target, act)
    for code in codes:
        if code not in found:
            order.errors.append(_("There is no price list %(code)s.") % {"code": code})
    if adds:
        _add(order, found.get(adds), adds)
    place = next((place for place, each in enumerate(order.lists) if each.code == target), None)
    if place is not None:
        _step(order, act, place)
    return order


def _add(order: Ordered, found: PriceList | None, code: str) -> None:
    if found is None:
        order.errors.append(_("There is no price list %(code)s.") % {"code": code})
    elif found in order.lists:
        order.errors.append(_("The price list %(code)s is there already.") % {"code": code})
    else:
        order.lists.append(found)
        order.focus, order.towards = found.code, "up"


def _step(order: Ordered, act: str, place: int) -> None:
    moved = order.lists[place]
    if act == "drop":
        order.lists.remove(moved)
    elif act in ("up", "down"):
        order.lists.remove(moved)
        order.lists.insert(max(place - 1, 0) if act == "up" else place + 1, moved)


def choices(dealer_pk: int | None = None) -> Any:
    """The lists that may be added: shared ones, and with `dealer_pk` that dealer's own."""
    lists = PriceList.objects.exclude(kind=ListKind.EXCEPTIONS).order_by("code")
    shared = lists.filter(owner_dealer=None)
    return shared if dealer_pk is None else shared | lists.filter(owner_dealer=dealer_pk)


def _keys(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.isascii() and part.isdecimal() and len(part) < 19]
