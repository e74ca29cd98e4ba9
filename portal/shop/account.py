"""The user's own details, the dealer's outlets and, for its administrators, its people."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dealers.accounts.models import DealerRole, Membership, Outlet
from dealers.accounts.people import AddressRefused, MemberRefused, add_member, change_role, end_membership
from portal.access.invitations import send_invitation
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.shop.forms import DetailsForm, MemberForm
from portal.shop.outlet_stock import consumer_orders_on

#: Two forms stand on one page; their fields need different ids.
MEMBER_FIELDS = "id_member_%s"


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: PortalRequest) -> HttpResponse:
    """Show the account; a POST changes the user's name and language."""
    if request.method != "POST":
        return _page(request, DetailsForm(instance=request.user))
    form = DetailsForm(request.POST, instance=request.user)
    if not form.is_valid():
        request.user.refresh_from_db()
        return _page(request, form, status=422)
    user = form.save()
    translation.activate(user.language)
    request.session["language"] = user.language
    messages.success(request, _("Your details are saved."))
    response = redirect("shop:account")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        user.language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]  # a str in django-stubs
    )
    return response


@require_POST
def member_add(request: PortalRequest) -> HttpResponse:
    """Add a colleague and send the mail to set a password."""
    form = MemberForm(request.POST, auto_id=MEMBER_FIELDS)
    if form.is_valid():
        try:
            member = add_member(request.portal.dealer, by=request.user, **form.cleaned_data)
        except AddressRefused:
            form.add_error("email", _("This address cannot be added. Ask your sales rep."))
        except MemberRefused as why:
            form.add_error("email", str(why.message))
        else:
            _tell_added(request, member)
            return redirect("shop:account")
    return _page(request, DetailsForm(instance=request.user), member_form=form, status=422)


@require_POST
def member_change(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a member's role, or with `end` shut the member out."""
    members = Membership.objects.filter(dealer=request.portal.dealer, is_active=True).select_related("user")
    member = get_object_or_404(members, pk=pk)
    try:
        if "end" in request.POST:
            changed, told = _end(request, member)
        else:
            changed, told = _give_role(request, member)
    except MemberRefused as why:
        messages.error(request, str(why.message))
    else:
        if not changed:
            raise Http404
        messages.success(request, told)
    return redirect("shop:account") if member_still_manages(request, pk) else redirect("front")


def member_still_manages(request: PortalRequest, pk: int) -> bool:
    """Whether the change left the user who made it where this page can be seen."""
    own = request.portal.membership
    return own is None or own.pk != pk or Membership.objects.filter(pk=pk, is_active=True).exists()


def _end(request: PortalRequest, member: Membership) -> tuple[bool, str]:
    text = _("%s can no longer sign in for this dealer.")
    return end_membership(member, by=request.user), text % member.user


def _give_role(request: PortalRequest, member: Membership) -> tuple[bool, str]:
    role = request.POST.get("role", "")
    words = {"name": member.user, "role": dict(DealerRole.choices).get(role, "")}
    return change_role(member, role, by=request.user), _("%(name)s is now “%(role)s”.") % words


def _tell_added(request: PortalRequest, member: Membership) -> None:
    if member.user.has_usable_password():
        messages.success(request, _("%s now works for this dealer too.") % member.user)
    elif send_invitation(request, member.user):
        messages.success(request, _("%s was added and gets a mail to set a password.") % member.user.email)
    else:
        text = _("%s was added, but the mail could not be sent. Ask them to use “Forgot your password?”.")
        messages.warning(request, text % member.user.email)


def _page(request: PortalRequest, form: DetailsForm, *, status: int = 200, **more: Any) -> HttpResponse:
    portal = request.portal
    manages = portal.may(Permission.MANAGE_MEMBERS)
    members = Membership.objects.filter(dealer=portal.dealer).select_related("user")
    context = {
        "form": form,
        "dealer": portal.dealer,
        "rep": portal.dealer.sales_rep,
        "membership": portal.membership,
        "outlets": list(Outlet.objects.filter(dealer=portal.dealer, is_active=True).order_by("code")),
        "manages": manages,
        "may_order": portal.may(Permission.ORDER),
        "keeps_stock": portal.may(Permission.KEEP_STOCK) and consumer_orders_on(),
        "members": list(members.order_by("-is_active", "user__email")) if manages else [],
        "member_form": MemberForm(initial={"role": DealerRole.BUYER}, auto_id=MEMBER_FIELDS),
        "roles": DealerRole.choices,
        **more,
    }
    return render(request, "shop/account.html", context, status=status)
