"""A dealer's people, as their administrator manages them."""

from __future__ import annotations

from allauth.account.forms import ResetPasswordForm
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer, DealerRole, Membership, User


class MemberRefused(Exception):
    """A change of members that cannot be made; nothing was changed. `field` is the form's."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def add_member(dealer: Dealer, *, email: str, first_name: str, last_name: str, role: str) -> tuple[Membership, bool]:
    """Give a person a place at the dealer; answers it and whether the person is new to the portal.

    A new person has no password and cannot sign in before setting one. A membership that ended is taken up again.
    Refused: somebody who is a member already, and the supplier's own people.
    """
    address = email.strip().lower()
    with transaction.atomic():
        Dealer.objects.select_for_update().get(pk=dealer.pk)
        user = User.objects.filter(email=address).first()
        if user is not None and (user.staff_role or not user.is_active):
            raise MemberRefused(_("This address cannot be added. Ask your sales rep."), "email")
        new = user is None
        if user is None:
            user = User.objects.create_user(
                address, None, first_name=first_name, last_name=last_name, language=dealer.language
            )
        known = Membership.objects.filter(dealer=dealer, user=user).first()
        if known is not None and known.is_active:
            raise MemberRefused(_("This person is a member already."), "email")
        member = known or Membership(dealer=dealer, user=user)
        member.role, member.is_active = role, True
        member.save()
    return member, new


def change_role(dealer: Dealer, membership_id: int, role: str) -> Membership:
    """Change what a member may do. Refused for the last administrator."""
    if role not in DealerRole.values:
        raise MemberRefused(_("Choose one of the roles."), "role")
    with transaction.atomic():
        member = _locked(dealer, membership_id)
        if role != DealerRole.ADMINISTRATOR:
            _keep_an_administrator(dealer, member)
        member.role = role
        member.save(update_fields=["role"])
    return member


def end_membership(dealer: Dealer, membership_id: int) -> Membership:
    """Shut a member out from the next request on. Refused for the last administrator."""
    with transaction.atomic():
        member = _locked(dealer, membership_id)
        _keep_an_administrator(dealer, member)
        member.is_active = False
        member.save(update_fields=["is_active"])
    return member


def send_password_mail(request: HttpRequest, user: User) -> bool:
    """Send the mail with which a person sets a password; False when the mail server did not take it."""
    form = ResetPasswordForm(data={"email": user.email})
    if not form.is_valid():
        return False
    try:
        form.save(request)
    except OSError:
        return False
    return True


def _locked(dealer: Dealer, membership_id: int) -> Membership:
    """The member, while nobody else changes this dealer's members; raises Membership.DoesNotExist for a stranger."""
    Dealer.objects.select_for_update().get(pk=dealer.pk)
    return Membership.objects.select_related("user").get(pk=membership_id, dealer=dealer, is_active=True)


def _keep_an_administrator(dealer: Dealer, member: Membership) -> None:
    if member.role != DealerRole.ADMINISTRATOR:
        return
    administrators = Membership.objects.filter(dealer=dealer, role=DealerRole.ADMINISTRATOR, is_active=True)
    if not administrators.filter(user__is_active=True).exclude(pk=member.pk).exists():
        raise MemberRefused(_("A dealer needs an administrator. Make somebody else one first."))
