"""The supplier's own people: who has a login, with which role, and for which sales rep's dealers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.http import require_POST, require_safe

from dealers.accounts.models import Language, SalesRep, StaffRole, User
from dealers.accounts.people import MemberRefused
from dealers.accounts.staff import add_staff, close_login
from portal.access.invitations import send_invitation
from portal.access.portal import PortalRequest


class StaffForm(forms.Form):
    """A new person on the supplier's side."""

    email = forms.EmailField(label=t("E-mail"), max_length=254)
    role = forms.ChoiceField(label=t("Role"), choices=StaffRole.choices)
    sales_rep = forms.ModelChoiceField(
        label=t("Sales rep"),
        queryset=SalesRep.objects.none(),
        required=False,
        help_text=t("For the role of a sales rep: whose dealers the person looks after."),
    )
    first_name = forms.CharField(label=t("First name"), max_length=150)
    last_name = forms.CharField(label=t("Last name"), max_length=150, required=False)
    language = forms.ChoiceField(label=t("Language"), choices=Language.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sales_rep"].queryset = SalesRep.objects.filter(user=None)  # type: ignore[attr-defined]


@require_safe
def people(request: PortalRequest) -> HttpResponse:
    """Everybody with a login on the supplier's side."""
    return _page(request, StaffForm(initial={"language": request.user.language}))


@require_POST
def person_add(request: PortalRequest) -> HttpResponse:
    """Give somebody a login and mail the link to set a password."""
    form = StaffForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        user = add_staff(**form.cleaned_data)
    except MemberRefused as why:
        form.add_error(None, str(why.message))
        return _page(request, form, status=422)
    _invite(request, user)
    return redirect("console:people")


@require_POST
def person_invite(request: PortalRequest, pk: int) -> HttpResponse:
    """Send the link to set a password again."""
    _invite(request, get_object_or_404(_staff(), pk=pk, is_active=True))
    return redirect("console:people")


@require_POST
def person_close(request: PortalRequest, pk: int) -> HttpResponse:
    """Close somebody's login. Twice is once."""
    user = get_object_or_404(_staff(), pk=pk)
    try:
        close_login(user, by=request.user)
    except MemberRefused as why:
        messages.error(request, str(why.message))
    else:
        messages.success(request, _("%(who)s cannot sign in any more.") % {"who": user.email})
    return redirect("console:people")


def _staff() -> Any:
    return User.objects.exclude(staff_role="")


def _page(request: PortalRequest, form: StaffForm, status: int = 200) -> HttpResponse:
    found = _staff().select_related("sales_rep").order_by("-is_active", "staff_role", "email")
    return render(request, "console/people/people.html", {"people": found, "form": form}, status=status)


def _invite(request: PortalRequest, user: User) -> None:
    words = {"who": user.email}
    if send_invitation(request, user):
        messages.success(request, _("%(who)s gets a mail with the link to set a password.") % words)
    else:
        messages.warning(request, _("The mail to %(who)s could not be sent. Use “Send link” to try again.") % words)
