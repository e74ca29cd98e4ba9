"""The front door."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from portal.access.portal import PortalRequest
from portal.access.roles import Permission


@require_safe
def front(request: PortalRequest) -> HttpResponse:
    """Where each person starts: the public home page, the shop, or the console."""
    if request.portal.user is None:
        return redirect(f"/{get_language() or settings.LANGUAGE_CODE}/")
    if request.portal.is_staff:
        return redirect("console:home")
    if request.portal.may(Permission.BROWSE):
        return redirect("shop:home")
    return redirect("no_dealer")


@require_POST
def choose_dealer(request: PortalRequest) -> HttpResponse:
    """Order for another of the user's dealers."""
    number = request.POST.get("dealer", "")
    if number.isascii() and number.isdigit() and len(number) <= 18:
        request.portal.choose_dealer(int(number))
    return redirect("front")
