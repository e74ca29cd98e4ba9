"""Who works for a dealer: giving a person a place and ending it. Both leave a `DealerChange`."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Dealer, DealerChange, DealerRole, Membership, User

MEMBER = "member"


class MemberRefused(Exception):
    """A person cannot get this place; nothing was changed. `message` is for people."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = message


def add_member(
    dealer: Dealer, email: str, role: str, *, by: User, first_name: str = "", last_name: str = ""
) -> Membership:
    """Give a person a place at a dealer: the user is made when nobody has that address, in the dealer's language.

    A new user has no password and cannot sign in before setting one. A place that had ended is opened again with the
    new role. Refused: an address of the supplier's own people, and one that has a place here already.
    """
    email = email.strip().lower()
    with transaction.atomic():
        Dealer.objects.select_for_update().get(pk=dealer.pk)
        user, _made = User.objects.get_or_create(
            email=email,
            defaults={
                "first_name": first_name,
                "last_name": last_name,
                "language": dealer.language,
                "password": make_password(None),
            },
        )
        if user.staff_role or user.is_staff:
            raise MemberRefused(_("This address belongs to one of the supplier's own people."))
        if not user.is_active:
            raise MemberRefused(_("This person's login is closed."))
        place, made = Membership.objects.get_or_create(user=user, dealer=dealer, defaults={"role": role})
        if not made:
            if place.is_active:
                raise MemberRefused(_("This person already has a place at this dealer."))
            place.role, place.is_active = role, True
            place.save(update_fields=["role", "is_active"])
        _note(dealer, by, new=f"{email} ({DealerRole(role).value})")
        return place


def end_membership(place: Membership, *, by: User) -> bool:
    """End a person's place; they are shut out with the next request. False when it had ended already."""
    with transaction.atomic():
        ended = Membership.objects.filter(pk=place.pk, is_active=True).update(is_active=False)
        if ended:
            _note(place.dealer, by, old=f"{place.user.email} ({DealerRole(place.role).value})")
        return bool(ended)


def _note(dealer: Dealer, by: User, *, old: str = "", new: str = "") -> None:
    DealerChange.objects.create(dealer=dealer, by=by, by_name=by.get_full_name(), field=MEMBER, old=old, new=new)
