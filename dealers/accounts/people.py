"""Who works for a dealer: giving a person a place, changing its role, ending it. Each leaves a `DealerChange`."""

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


class AddressRefused(MemberRefused):
    """The login of that address cannot be a dealer's. Why is for the supplier's people only."""


def add_member(
    dealer: Dealer, email: str, role: str, *, by: User, first_name: str = "", last_name: str = ""
) -> Membership:
    """Give a person a place at a dealer: the user is made when nobody has that address, in the dealer's language.

    A new user has no password and cannot sign in before setting one. A place that had ended is opened again with the
    new role. Refused: an address of the supplier's own people, and one that has a place here already.
    """
    email = email.strip().lower()
    with transaction.atomic():
        _lock_members(dealer.pk)
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
            raise AddressRefused(_("This address belongs to one of the supplier's own people."))
        if not user.is_active:
            raise AddressRefused(_("This person's login is closed."))
        place, made = Membership.objects.get_or_create(user=user, dealer=dealer, defaults={"role": role})
        if not made:
            if place.is_active:
                raise MemberRefused(_("This person already has a place at this dealer."))
            place.role, place.is_active = role, True
            place.save(update_fields=["role", "is_active"])
        _note(dealer, by, new=_told(email, role))
        return place


def end_membership(place: Membership, *, by: User) -> bool:
    """End a person's place; they are shut out with the next request. False when it had ended already.

    Refused to the dealer's own people: the place of the dealer's last administrator.
    """
    with transaction.atomic():
        held = _held(place)
        if held is None:
            return False
        _keep_an_administrator(held, by)
        held.is_active = False
        held.save(update_fields=["is_active"])
        _note(held.dealer, by, old=_told(held.user.email, held.role))
    return True


def change_role(place: Membership, role: str, *, by: User) -> bool:
    """Change what a member may do from the next request on; False when the place has ended.

    Refused: what is no role, and to the dealer's own people a lesser one for the dealer's last administrator.
    """
    if role not in DealerRole.values:
        raise MemberRefused(_("Choose one of the roles."))
    with transaction.atomic():
        held = _held(place)
        if held is None:
            return False
        if role == held.role:
            return True
        _keep_an_administrator(held, by)
        old, held.role = held.role, role
        held.save(update_fields=["role"])
        _note(held.dealer, by, old=_told(held.user.email, old), new=_told(held.user.email, role))
    return True


def _lock_members(dealer_id: int) -> None:
    """Nobody else changes this dealer's members until the transaction ends."""
    Dealer.objects.select_for_update().get(pk=dealer_id)


def _held(place: Membership) -> Membership | None:
    """The place as it is now, locked with the dealer's other places; None when it has ended."""
    _lock_members(place.dealer_id)
    return Membership.objects.select_related("user", "dealer").filter(pk=place.pk, is_active=True).first()


def _keep_an_administrator(place: Membership, by: User) -> None:
    """The supplier may end any place: it can always give a new one."""
    if by.staff_role or place.role != DealerRole.ADMINISTRATOR:
        return
    others = Membership.objects.filter(dealer=place.dealer_id, role=DealerRole.ADMINISTRATOR, is_active=True)
    if not others.filter(user__is_active=True).exclude(pk=place.pk).exists():
        raise MemberRefused(_("A dealer needs an administrator. Make somebody else one first."))


def _told(email: str, role: str) -> str:
    return f"{email} ({DealerRole(role).value})"


def _note(dealer: Dealer, by: User, *, old: str = "", new: str = "") -> None:
    DealerChange.objects.create(dealer=dealer, by=by, by_name=by.get_full_name(), field=MEMBER, old=old, new=new)
