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
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from dealers.accounts.models import Dealer, DealerGroup
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.console.words import stored_text
from pricing.terms.groups import set_group_lists
from pricing.terms.models import GroupPriceList, PriceList


class GroupForm(forms.ModelForm[DealerGroup]):
    """A group's names, and its lists as codes, one a line, nearest first. The code stays once it is given."""

    lists = forms.CharField(
        label=gettext_lazy("Price lists"),
        required=False,
        max_length=5000,
        help_text=gettext_lazy("Codes, one a line; the first that prices a product rules."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    class Meta:
        model = DealerGroup
        fields = ("code", "name", "name_zh")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["code"]
            self.initial["lists"] = "\n".join(
                self.instance.price_lists.order_by("priority").values_list("price_list__code", flat=True)
            )

    def clean_lists(self) -> list[PriceList]:
        """The lists in the order that was typed; refuses codes that are no list's."""
        codes = [code.strip() for line in self.cleaned_data["lists"].splitlines() for code in line.split(";")]
        codes = [code for code in codes if code]
        found = {each.code: each for each in PriceList.objects.filter(code__in=codes)}
        unknown = [code for code in codes if code not in found]
        if unknown:
            raise ValidationError(_("There is no price list %(code)s.") % {"code": unknown[0]})
        return [found[code] for code in codes]

    def write(self) -> DealerGroup:
        """Save the group and its lists together; ValidationError when the lists cannot be a group's."""
        with transaction.atomic():
            group = self.save()
            set_group_lists(group, self.cleaned_data["lists"])
        return group


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
        "may_edit": request.portal.may(Permission.MANAGE_DEALERS),
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
    form = GroupForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            saved = form.write()
        except ValidationError as why:
            form.add_error("lists", why)
        else:
            messages.success(request, _("Saved. It holds from the next page its dealers open."))
            return redirect("console:group", code=saved.code)
    context = {
        "form": form,
        "group": found,
        "is_new": found.pk is None,
        "dealers": Dealer.objects.filter(group=found).order_by("number") if found.pk else [],
        "codes": PriceList.objects.exclude(kind="exceptions").order_by("code"),
        "crumbs": [
            (_("Dealers"), reverse("console:dealers")),
            (_("Dealer groups"), reverse("console:groups")),
            (found.code if found.pk else _("New group"), ""),
        ],
    }
    return render(request, "console/groups/group.html", context, status=422 if form.errors else 200)
