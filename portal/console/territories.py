"""Protected territories: the list, its file, adding, changing and ending one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dealers.accounts.models import Dealer, User, dealers_visible_to
from fulfilment.allocation.areas import folded_area
from fulfilment.allocation.change import ChangeRefused, What, changes_of, last_change
from fulfilment.allocation.keeping import end_territory, save_territory
from fulfilment.allocation.models import ProtectedTerritory, ProtectionKind
from fulfilment.allocation.territory_intake import TerritoriesIntake, exported_territories
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.filters import filter_chips
from portal.components.keyset import PAGE_SIZE, PK, page_of, turned, without_place
from portal.console.import_columns import import_columns, import_rows
from portal.console.selling_words import category_paths
from portal.console.sourcing import tabs
from portal.console.sourcing_fields import DaysInOrder, areas_there, day_field, dealer_field, dealer_there, readable
from portal.console.sourcing_words import changed
from portal.documents.workbooks import Sheet
from pricing.quote import supplier_day

NEWEST_FIRST = turned(PK)
MOST_CHANGES = 20
CURRENT, FUTURE, ENDED = "current", "future", "ended"
STATES: dict[str, tuple[Any, str]] = {
    CURRENT: (t("In force"), "good"),
    FUTURE: (t("Future"), "progress"),
    ENDED: (pgettext_lazy("period", "Ended"), "neutral"),
}
CIRCLE = ("latitude", "longitude", "radius_km")


class TerritoryForm(DaysInOrder, forms.ModelForm[ProtectedTerritory]):
    """A territory; the form itself never saves."""

    dealer = dealer_field()
    area_code = forms.CharField(
        label=t("Area code"),
        required=False,
        max_length=20,
        help_text=t("The beginning of a postcode, or of China's six-digit code; with everything below it."),
    )
    category = forms.ChoiceField(
        label=t("Category"), required=False, help_text=t("With everything below it. Empty: all goods.")
    )
    valid_from = day_field(t("From"))
    valid_until = day_field(t("Until"), t("The last day it holds."))
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    class Meta:
        model = ProtectedTerritory
        fields = ("protection", "area_code", "latitude", "longitude", "radius_km", "valid_from", "valid_until")

    def __init__(self, data: Any = None, *, instance: ProtectedTerritory, seen: int = 0, dealer: str = "") -> None:
        number = instance.dealer.number if instance.dealer_id else dealer
        stored = {"dealer": number, "category": str(instance.category_id or ""), "seen": seen}
        super().__init__(data, instance=instance, initial=stored)
        readable(self)
        category: Any = self.fields["category"]
        category.choices = [("", "–"), *((str(pk), path) for pk, path in category_paths().items())]

    def clean_dealer(self) -> Dealer:
        """A dealer by number."""
        return dealer_there(self.cleaned_data["dealer"])

    def clean_area_code(self) -> str:
        """Empty, or an area that is there."""
        typed = str(self.cleaned_data["area_code"]).strip()
        return areas_there([typed])[0] if typed else ""

    def clean(self) -> dict[str, Any]:
        """Either an area or a whole circle on the earth."""
        values = super().clean()
        said = [name for name in CIRCLE if values.get(name) is not None]
        if values.get("area_code") and said:
            self.add_error("area_code", _("Give either an area code or a circle, not both."))
        elif not values.get("area_code") and "area_code" not in self.errors:
            if not said:
                self.add_error("area_code", _("Give an area code, or latitude, longitude and radius."))
            for name in CIRCLE:
                if said and name not in said and name not in self.errors:
                    self.add_error(name, _("A circle needs latitude, longitude and radius."))
        for name, most in (("latitude", 90), ("longitude", 180)):
            if values.get(name) is not None and abs(values[name]) > most:
                self.add_error(name, _("This lies between -%(most)s and %(most)s.") % {"most": most})
        if values.get("dealer"):
            self.instance.dealer = values["dealer"]
        self.instance.category_id = int(values["category"]) if values.get("category") else None
        return values


class TerritoryFilter(forms.Form):
    """Dealer, area, protection and state."""

    dealer = forms.CharField(label=t("Dealer"), required=False, max_length=100)
    area = forms.CharField(label=t("Area"), required=False, max_length=20)
    protection = forms.ChoiceField(
        label=t("Protection"), required=False, choices=(("", t("All")), *ProtectionKind.choices)
    )
    state = forms.ChoiceField(
        label=t("State"),
        required=False,
        choices=(("", t("All")), *((code, word) for code, (word, _tone) in STATES.items())),
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["dealer"].widget.attrs["placeholder"] = str(_("Number or name"))
        self.fields["area"].widget.attrs["placeholder"] = str(_("Begins with, or lies in"))

    def select(self, territories: QuerySet[ProtectedTerritory], today: date) -> QuerySet[ProtectedTerritory]:
        """The territories that the filter lets through; an area finds those below it and those it lies in."""
        if not self.is_valid():
            return territories.none()
        values = self.cleaned_data
        if text := values["dealer"]:
            named = Q(dealer__number__iexact=text) | Q(dealer__name__icontains=text)
            territories = territories.filter(named | Q(dealer__name_zh__icontains=text))
        if area := folded_area(values["area"]):
            above = [area[:length] for length in range(1, len(area) + 1)]
            territories = territories.filter(Q(area_code__startswith=area) | Q(area_code__in=above))
        if values["protection"]:
            territories = territories.filter(protection=values["protection"])
        begun = Q(valid_from__isnull=True) | Q(valid_from__lte=today)
        ended = Q(valid_until__lt=today)
        stands = {CURRENT: begun & ~ended, FUTURE: ~begun, ENDED: begun & ended}
        # Without a last day nothing has ended, which SQL's three truths would not say of `~ended`.
        stands[CURRENT] = begun & (Q(valid_until__isnull=True) | Q(valid_until__gte=today))
        return territories.filter(stands.get(values["state"], Q()))


def state_of(territory: ProtectedTerritory, today: date) -> str:
    """Whether a territory is protected today."""
    if territory.valid_from and territory.valid_from > today:
        return FUTURE
    return ENDED if territory.valid_until and territory.valid_until < today else CURRENT


def territories_visible_to(user: User) -> QuerySet[ProtectedTerritory]:
    """The territories of dealers that a person may see."""
    found = ProtectedTerritory.objects.filter(dealers_visible_to(user, "dealer__"))
    return found.select_related("dealer", "category__card")


@require_safe
def territories(request: PortalRequest) -> HttpResponse:
    """The territories, newest first; the same statements for any number."""
    today = supplier_day(timezone.now())
    form = TerritoryFilter(request.GET)
    page = page_of(form.select(territories_visible_to(request.user), today), NEWEST_FIRST, PAGE_SIZE, request.GET)
    paths = category_paths() if any(each.category_id for each in page.rows) else {}
    context = {
        "tabs": tabs(request, "territories"),
        "form": form,
        "chips": filter_chips(form, request.GET),
        "page": page,
        "rows": [_row(each, today, paths) for each in page.rows],
        "may_edit": request.portal.may(Permission.MANAGE_SOURCING),
        "may_import": request.portal.may(Permission.IMPORT_DATA),
        "export_query": without_place(request.GET),
    }
    return render(request, "console/sourcing/territories.html", context)


@require_safe
def territories_export(request: PortalRequest) -> FileResponse:
    """The territories that the filter lets through as Excel in the importer's columns."""
    chosen = TerritoryFilter(request.GET).select(territories_visible_to(request.user), supplier_day(timezone.now()))
    rows = import_rows(exported_territories(chosen.order_by("pk").iterator(chunk_size=2_000)))
    return excel("protected-territories", [Sheet(_("Territories"), import_columns(TerritoriesIntake.columns), rows)])


@require_http_methods(["GET", "HEAD", "POST"])
def territory_add(request: PortalRequest) -> HttpResponse:
    """The form for a new territory (`dealer` fills in whose), and saving it."""
    return _edit(request, ProtectedTerritory())


@require_http_methods(["GET", "HEAD", "POST"])
def territory(request: PortalRequest, pk: int) -> HttpResponse:
    """A territory with what was changed of it; administrators save it here."""
    found = get_object_or_404(territories_visible_to(request.user), pk=pk)
    if request.method == "POST" and not request.portal.may(Permission.MANAGE_SOURCING):
        raise Http404
    return _edit(request, found)


@require_POST
def territory_end(request: PortalRequest, pk: int) -> HttpResponse:
    """Let a territory be protected no more. Twice is once."""
    found = get_object_or_404(territories_visible_to(request.user), pk=pk)
    if end_territory(found.pk, supplier_day(timezone.now()), by=request.user):
        messages.success(request, _("Ended. Orders that are decided from now on are free of it."))
    else:
        messages.info(request, _("This territory had ended already."))
    return redirect("console:territories")


def _row(each: ProtectedTerritory, today: date, paths: Any) -> dict[str, Any]:
    word, tone = STATES[state_of(each, today)]
    about = paths.get(each.category_id, "") if each.category_id else _("Everything")
    return {"territory": each, "about": about, "state": str(word), "tone": tone}


def _edit(request: PortalRequest, found: ProtectedTerritory) -> HttpResponse:
    today, pk = supplier_day(timezone.now()), found.pk
    seen = last_change(What.TERRITORY, str(pk)) if pk else 0
    row = _row(found, today, category_paths() if found.category_id else {}) if pk else None
    data = request.POST if request.method == "POST" else None
    form = TerritoryForm(data, instance=found, seen=seen, dealer=request.GET.get("dealer", ""))
    if request.method == "POST" and form.is_valid():
        try:
            change = save_territory(form.instance, by=request.user, seen=form.cleaned_data["seen"] or 0)
        except ChangeRefused as why:
            form.add_error(why.field or None, why.message)
            again = request.POST.copy()
            again["seen"] = str(seen)
            form.data = again
        else:
            if change is None:
                messages.info(request, _("Nothing was different, so nothing was changed."))
            else:
                messages.success(request, _("Saved. It holds for every order that is decided from now on."))
            return redirect("console:territory", form.instance.pk)
    stored = territories_visible_to(request.user).filter(pk=pk).first() if pk else None
    may_edit = request.portal.may(Permission.MANAGE_SOURCING)
    context = {
        "territory": stored,
        "row": row,
        "form": form,
        "may_edit": may_edit,
        "ended": stored is not None and state_of(stored, today) == ENDED,
        "dealers": Dealer.objects.order_by("number") if may_edit else (),
        "changes": changed(ProtectedTerritory, changes_of(What.TERRITORY, str(pk))[:MOST_CHANGES]) if pk else [],
        "crumbs": [
            (_("Protected territories"), reverse("console:territories")),
            (stored.dealer.display_name if stored else _("New territory"), ""),
        ],
    }
    return render(request, "console/sourcing/territory.html", context, status=422 if form.errors else 200)
