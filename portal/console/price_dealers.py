"""Who buys by a price list: groups and dealers, each with the place of the list; giving it and taking it away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from dealers.accounts.models import Dealer, DealerGroup
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.keyset import PAGE_SIZE, PK, Key, page_of
from portal.console.list_words import changes_of_list
from portal.console.price_heads import crumbs
from portal.console.words import stored_text
from pricing.terms.assign import AssignmentRefused, give_list, take_list
from pricing.terms.lists import buyers
from pricing.terms.models import DealerPriceList, ListKind, PriceList

t = gettext_lazy
BY_NUMBER = (Key("number"), PK)
MOST_AT_ONCE = 5_000


class GiveForm(forms.Form):
    """To whom a list is given, and at which place."""

    numbers = forms.CharField(
        label=t("Dealers"),
        required=False,
        max_length=200_000,
        help_text=t("Numbers, one a line or with commas between them; paste a column of a spreadsheet."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    group = forms.ModelChoiceField(
        label=t("Dealer group"), queryset=DealerGroup.objects.none(), required=False, empty_label="–"
    )
    place = forms.IntegerField(
        label=t("Place"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=t("1 is the nearest; empty: behind the lists they have."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: Any = self.fields["group"]
        groups.queryset = DealerGroup.objects.order_by("code")

    def clean_numbers(self) -> list[Dealer]:
        """The dealers of these numbers; refuses those that nobody has."""
        text = self.cleaned_data["numbers"].replace(";", "\n").replace(",", "\n").replace("，", "\n")
        numbers = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(numbers) > MOST_AT_ONCE:
            raise forms.ValidationError(_("At most %(most)s dealers at once.") % {"most": MOST_AT_ONCE})
        found = {each.number: each for each in Dealer.objects.filter(number__in=numbers)}
        unknown = [number for number in numbers if number not in found]
        if unknown:
            message = _("There is no dealer %(numbers)s. Correct the number.")
            raise forms.ValidationError(message % {"numbers": ", ".join(unknown[:5])})
        return [found[number] for number in numbers]

    def clean(self) -> dict[str, Any]:
        """Somebody is named."""
        values: dict[str, Any] = super().clean() or {}
        if not self.errors and not values["numbers"] and not values["group"]:
            self.add_error("numbers", _("Name a dealer or choose a group."))
        return values


@require_safe
def price_list_dealers(request: PortalRequest, code: str) -> HttpResponse:
    """The groups and the dealers that buy by a list. Reps read their own dealers here."""
    found = _fetch(request, code)
    return _draw(request, found, GiveForm() if request.portal.may(Permission.MANAGE_PRICES) else None)


@require_POST
def price_list_give(request: PortalRequest, code: str) -> HttpResponse:
    """Let dealers or a group buy by a list; several are asked for a second time, with how many."""
    found = _fetch(request, code)
    form = GiveForm(request.POST)
    if not form.is_valid():
        return _draw(request, found, form, status=422)
    dealers, group = form.cleaned_data["numbers"], form.cleaned_data["group"]
    concerned = _concerned(dealers, [group] if group else [])
    if concerned > 1 and request.POST.get("confirmed") != str(concerned):
        text = ngettext(
            "%(count)s dealer will buy by this list, from the next page it opens.",
            "%(count)s dealers will buy by this list, from the next page they open.",
            concerned,
        ) % {"count": concerned}
        return _draw(request, found, form, asks={"count": concerned, "text": text})
    try:
        changed = give_list(
            found,
            dealers=[dealer.pk for dealer in dealers],
            groups=[group.pk] if group else [],
            place=form.cleaned_data["place"],
            by=request.user,
        )
    except AssignmentRefused as why:
        form.add_error("group" if group and not dealers else "numbers", why.message)
        return _draw(request, found, form, status=422)
    if changed:
        messages.success(request, _("Saved. It holds from the next page its dealers open."))
    else:
        messages.info(request, _("Nothing was different, so nothing was changed."))
    return redirect("console:price_list_dealers", code=found.code)


@require_POST
def price_list_take(request: PortalRequest, code: str) -> HttpResponse:
    """Let a dealer or a group not buy by a list any more; a group is asked for a second time, with its dealers."""
    found = _fetch(request, code)
    dealers = list(Dealer.objects.filter(number=stored_text(request.POST.get("dealer", "")))[:1])
    groups = list(DealerGroup.objects.filter(code=stored_text(request.POST.get("group", "")))[:1])
    concerned = _concerned(dealers, groups)
    if groups and concerned and request.POST.get("confirmed") != str(concerned):
        text = ngettext(
            "%(count)s dealer of %(group)s will not buy by this list any more.",
            "%(count)s dealers of %(group)s will not buy by this list any more.",
            concerned,
        ) % {"count": concerned, "group": groups[0].display_name}
        asks = {"count": concerned, "text": text, "group": groups[0].code}
        return _draw(request, found, GiveForm(), asks=asks)
    changed = take_list(
        found, dealers=[each.pk for each in dealers], groups=[each.pk for each in groups], by=request.user
    )
    if changed:
        messages.success(request, _("Saved. It holds from the next page its dealers open."))
    else:
        messages.info(request, _("Nothing was different, so nothing was changed."))
    return redirect("console:price_list_dealers", code=found.code)


def _draw(
    request: PortalRequest,
    found: PriceList,
    form: GiveForm | None,
    *,
    asks: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    visible = Dealer.objects.for_user(request.user)
    page = page_of(visible.filter(price_lists__price_list=found), BY_NUMBER, PAGE_SIZE, request.GET)
    places = dict(
        DealerPriceList.objects.filter(price_list=found, dealer__in=[each.pk for each in page.rows]).values_list(
            "dealer_id", "priority"
        )
    )
    groups = found.groups.select_related("group").annotate(
        dealer_count=Count("group__dealers", filter=Q(group__dealers__currency=found.currency))
    )
    context = {
        "list": found,
        "form": form,
        "asks": asks,
        "page": page,
        "rows": [{"dealer": each, "place": places.get(each.pk), "counts": _counts(each, found)} for each in page.rows],
        "groups": groups.order_by("group__code"),
        "own_only": found.owner_dealer,
        "figures": [{"label": _("Dealers"), "value": f"{buyers(found):,}"}],
        "changes": changes_of_list(found, request.user),
        "crumbs": crumbs(found, _("Who buys by it")),
    }
    return render(request, "console/prices/dealers.html", context, status=status)


def _counts(dealer: Dealer, found: PriceList) -> bool:
    return dealer.currency == found.currency


def _concerned(dealers: Sequence[Dealer], groups: Sequence[DealerGroup]) -> int:
    """How many dealers these are, each counted once."""
    return Dealer.objects.filter(Q(pk__in=[each.pk for each in dealers]) | Q(group__in=groups)).count()


def _fetch(request: PortalRequest, code: str) -> PriceList:
    lists = PriceList.objects.for_user(request.user).exclude(kind=ListKind.EXCEPTIONS).select_related("owner_dealer")
    return get_object_or_404(lists, code=stored_text(code))
