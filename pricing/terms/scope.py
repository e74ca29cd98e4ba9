"""Which price lists a person may know of: the shared ones are every rep's, a dealer's own only its own rep's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from dealers.accounts.models import StaffRole, User, dealers_visible_to

if TYPE_CHECKING:
    from pricing.terms.models import PriceList  # noqa: F401 - named as a string below

#: From a list to the dealers who have it: whose it is, who is given it, whose group is given it.
DEALERS = ("owner_dealer__", "dealers__dealer__", "groups__group__dealers__")


class PriceListQuerySet(models.QuerySet["PriceList"]):
    """Price lists."""

    def names(self, codes: Iterable[str]) -> dict[str, str]:
        """What the reader calls the lists of these codes. One statement."""
        found = self.filter(code__in=set(codes)).only("code", "name", "name_zh", "kind")
        return {each.code: each.display_name for each in found}

    def for_user(self, user: User) -> PriceListQuerySet:
        """Only the lists this user may see, with all that tells of them: prices, history, exports.

        Finance and administrators see all. A rep sees the shared lists and those of the rep's own dealers; a dealer's
        member only lists the dealer has. Agreements, one-off prices, whatever has an `owner_dealer`, and what is worked
        out from such a list are not shared. An anonymous or inactive user sees none.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if not dealers_visible_to(user):  # no condition: all dealers are theirs
            return self.all()
        lists = self.model._default_manager
        theirs = Q()
        for way in DEALERS:
            theirs |= Q(pk__in=lists.filter(dealers_visible_to(user, way)).values("pk"))
        if user.staff_role == StaffRole.SALES_REP:
            theirs |= _shared() | (Q(kind="formula", owner_dealer=None) & _shared("base__"))
        return self.filter(theirs)


def _shared(prefix: str = "") -> Q:
    return Q(**{f"{prefix}kind": "standard", f"{prefix}owner_dealer": None})
