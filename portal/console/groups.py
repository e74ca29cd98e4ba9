"""Dealer groups: which lists their dealers share, behind each dealer's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from dealers.accounts.models import Dealer, DealerGroup
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.console.list_words import changes_of_group
from portal.console.ordered import Ordered, arranged, choices, shown
from portal.console.words import stored_text
from pricing.terms.groups import set_group_lists
from pricing.terms.models import GroupPriceList, PriceList


class GroupForm(forms.ModelForm[DealerGroup]):
    """A group's names. The code stays once it is given."""

    class Meta:
        model = DealerGroup
        fields = ("code", "name", "name_zh")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["code"]


@require_safe
def groups(request: PortalRequest) -> HttpResponse:
    """All groups with their lists and how many dealers each has. Two statements."""
    lists = GroupPriceList.objects.select_related("price_list").order_by("priority")
    found: QuerySet[Any] = DealerGroup.objects.annotate(dealer_count=Count("dealers")).order_by("code")
    by_group: dict[int, list[PriceList]] = {}
    for place in lists:
        by_group.setdefault(place.group_id, []).append(place.price_list)
    context = {
        "rows": [{"group": group, "lists": by_group.get(group.pk, [])} for group in found],
        "may_edit": request.portal.may(Permission.MANAGE_PRICES),
        "crumbs": [(_("Dealers"), reverse("console:dealers")), (_("Dealer groups"), "")],
    }
    return render(request, "console/groups/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def group_add(request: PortalRequest) -> HttpResponse:
    """The form for a new group, and saving it."""
    return _edit(request, DealerGroup())


@require_http_methods(["GET", "HEAD", "POST"])
def group(request: PortalRequest, code: str) -> HttpResponse:
    """A group's names and lists, its dealers, and saving it."""
    return _edit(request, get_object_or_404(DealerGroup, code=stored_text(code)))


def _edit(request: PortalRequest, found: DealerGroup) -> HttpResponse:
    if request.method != "POST":
        stored = found.price_lists.select_related("price_list").order_by("priority") if found.pk else []
        return _draw(request, found, GroupForm(instance=found), shown([each.price_list for each in stored]))
    order = arranged(request.POST)
    if not order.saves:
        typed = {name: request.POST.get(name, "") for name in GroupForm.Meta.fields}
        form = GroupForm(instance=found, initial=typed)
        return _draw(request, found, form, order, status=422 if order.errors else 200)
    form = GroupForm(request.POST, instance=found)
    if not form.is_valid():
        return _draw(request, found, form, order, status=422)
    concerned = found.dealers.count() if found.pk and order.differs else 0
    if concerned and request.POST.get("confirmed") != str(concerned):
        text = ngettext(
            "%(count)s dealer buys by these lists: its prices move with the next page it opens.",
            "%(count)s dealers buy by these lists: their prices move with the next page they open.",
            concerned,
        ) % {"count": concerned}
        return _draw(request, found, form, order, asks={"count": concerned, "text": text})
    try:
        with transaction.atomic():
            saved = form.save()
            set_group_lists(saved, order.lists, by=request.user, seen=order.seen)
    except ValidationError as why:
        order.errors += why.messages
        return _draw(request, found, form, order, status=422)
    messages.success(request, _("Saved. It holds from the next page its dealers open."))
    return redirect("console:group", code=saved.code)


def _draw(
    request: PortalRequest,
    found: DealerGroup,
    form: GroupForm,
    order: Ordered,
    *,
    asks: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    code = DealerGroup.objects.filter(pk=found.pk).values_list("code", flat=True).first() if found.pk else None
    context = {
        "form": form,
        "group": found,
        "is_new": code is None,
        "order": order,
        "asks": asks,
        "list_choices": choices(),
        "dealers": Dealer.objects.filter(group=found.pk).order_by("number") if code else [],
        "changes": changes_of_group(code) if code else [],
        "crumbs": [
            (_("Dealers"), reverse("console:dealers")),
            (_("Dealer groups"), reverse("console:groups")),
            (code or _("New group"), ""),
        ],
    }
    return render(request, "console/groups/group.html", context, status=status)
