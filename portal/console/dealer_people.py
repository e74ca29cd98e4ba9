"""Giving people a place at a dealer, sending them the link that lets them set a password, and ending their place."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dealers.accounts.models import Membership, User
from dealers.accounts.people import MemberRefused, add_member, end_membership
from portal.access.invitations import send_invitation
from portal.access.portal import PortalRequest
from portal.console.dealer_forms import MemberForm
from portal.console.dealer_page import fetch_dealer, render_dealer


@require_POST
def dealer_member_add(request: PortalRequest, number: str) -> HttpResponse:
    """Give a person a place; a new person gets a mail with the link to set a password."""
    dealer = fetch_dealer(request, number)
    form = MemberForm(request.POST)
    if not form.is_valid():
        return render_dealer(request, dealer, form, status=422)
    try:
        place = add_member(dealer, by=request.user, **form.cleaned_data)
    except MemberRefused as why:
        form.add_error("email", str(why.message))
        return render_dealer(request, dealer, form, status=422)
    if place.user.has_usable_password():
        messages.success(request, _("%(who)s now has a place here.") % {"who": place.user.email})
    else:
        _invite(request, place.user)
    return redirect("console:dealer", number=dealer.number)


@require_POST
def dealer_member_invite(request: PortalRequest, number: str, pk: int) -> HttpResponse:
    """Send the link to set a password again."""
    place = _place(request, number, pk)
    if place.is_active:
        _invite(request, place.user)
    return redirect("console:dealer", number=place.dealer.number)


@require_POST
def dealer_member_end(request: PortalRequest, number: str, pk: int) -> HttpResponse:
    """End a person's place at a dealer. Twice is once."""
    place = _place(request, number, pk)
    words = {"who": place.user.email}
    if end_membership(place, by=request.user):
        messages.success(request, _("%(who)s has no place here any more.") % words)
    else:
        messages.info(request, _("The place of %(who)s had ended already.") % words)
    return redirect("console:dealer", number=place.dealer.number)


def _place(request: PortalRequest, number: str, pk: int) -> Membership:
    dealer = fetch_dealer(request, number)
    return get_object_or_404(Membership.objects.select_related("user", "dealer"), dealer=dealer, pk=pk)


def _invite(request: PortalRequest, user: User) -> None:
    """Send the link in the person's language. A mail server that fails is said; the place stays."""
    words = {"who": user.email}
    if send_invitation(request, user):
        messages.success(request, _("%(who)s gets a mail with the link to set a password.") % words)
    else:
        messages.warning(
            request,
            _("%(who)s has a place here, but the mail could not be sent. Use “Send link” to try again.") % words,
        )
