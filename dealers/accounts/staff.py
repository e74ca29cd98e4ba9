"""The supplier's own people: giving somebody a login with a role, and closing it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Membership, SalesRep, StaffRole, User
from dealers.accounts.people import MemberRefused


def add_staff(
    email: str, role: str, *, first_name: str, last_name: str, language: str, sales_rep: SalesRep | None = None
) -> User:
    """Give one of the supplier's people a login; one that was closed is opened again with the new role.

    A new person has no password and cannot sign in before setting one. A sales rep is tied to the rep's record, from
    which the dealers follow. Refused: an address that has a login, or a place at a dealer, and a record already taken.
    """
    email = email.strip().lower()
    if role == StaffRole.SALES_REP and sales_rep is None:
        raise MemberRefused(_("Choose the sales rep whose dealers this person looks after."))
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, first_name=first_name, last_name=last_name, language=language)
        elif user.staff_role and user.is_active:
            raise MemberRefused(_("This person has a login already."))
        elif Membership.objects.filter(user=user, is_active=True).exists():
            raise MemberRefused(_("This address belongs to somebody at a dealer."))
        administrator = role == StaffRole.ADMINISTRATOR
        user.staff_role, user.is_active = role, True
        user.is_staff = user.is_superuser = administrator
        user.save()
        SalesRep.objects.filter(user=user).update(user=None)
        if role == StaffRole.SALES_REP and sales_rep is not None:
            _tie(user, sales_rep)
        return user


def _tie(user: User, sales_rep: SalesRep) -> None:
    rep = SalesRep.objects.select_for_update().get(pk=sales_rep.pk)
    if rep.user_id not in (None, user.pk):
        raise MemberRefused(_("This sales rep has a login already."))
    rep.user = user
    rep.email = rep.email or user.email
    rep.save(update_fields=["user", "email"])


def close_login(user: User, *, by: User) -> bool:
    """Shut one of the supplier's people out with the next request; False when that was done already.

    Refused: closing one's own login, so that a portal never loses its last administrator.
    """
    if user.pk == by.pk:
        raise MemberRefused(_("You cannot close your own login. Ask another administrator."))
    with transaction.atomic():
        closed = User.objects.filter(pk=user.pk, is_active=True).exclude(staff_role="").update(is_active=False)
        SalesRep.objects.filter(user=user).update(user=None)
    return bool(closed)
