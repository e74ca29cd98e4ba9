"""How an outlet fulfils consumer orders: methods, hours, exceptional days, capacity, freight, reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.http import require_http_methods, require_POST

from dealers.accounts.models import Outlet, dealers_visible_to
from fulfilment.allocation import hours
from fulfilment.allocation.change import ChangeRefused, What, changes_of, last_change
from fulfilment.allocation.keeping import SERVICE, name_of, remove_day, save_day, save_service
from fulfilment.allocation.models import OutletException, OutletService
from fulfilment.consumer.data import AddressData
from fulfilment.consumer.places import CHINA, locate, postcode_key
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.console.sourcing_fields import areas_there
from portal.console.sourcing_words import changed, field_name, said

DAYS = tuple(range(7))
MOST_CHANGES = 30
MOST_DAYS = 366
COLUMNS = tuple(name for name in SERVICE if name != "week")
HELP: dict[str, Any] = {
    "area_code": t("Where the outlet is: its postcode, in China the six-digit code."),
    "freight_per_100_km": t("On top of the price above, by distance."),
    "reach_km": t("Empty: everywhere."),
    "handling_minutes": t("Within opening hours, from acceptance until a parcel leaves."),
    "daily_capacity": t("Of a local day. Empty: no limit."),
}
PANELS: tuple[tuple[Any, Any, tuple[tuple[str, str], ...]], ...] = (
    (
        t("How it fulfils"),
        "",
        (
            ("is_active", "col-6 col-md-3"),
            ("delivers", "col-6 col-md-3"),
            ("hands_over", "col-6 col-md-3"),
            ("takes_away", "col-6 col-md-3"),
            ("area_code", "col-6 col-md-4"),
            ("time_zone", "col-6 col-md-4"),
            ("daily_capacity", "col-6 col-md-4"),
        ),
    ),
    (
        t("Opening hours"),
        t("Write 09:00–12:30, 14:00–18:00. Empty is closed, 24h the whole day."),
        tuple((f"day_{day}", "col-md-6 col-xl-4") for day in DAYS),
    ),
    (
        t("Sending"),
        t("What a parcel costs the dealer, tax included, and how long it is on its way."),
        (
            ("freight_fixed", "col-6 col-md-3"),
            ("freight_per_100_km", "col-6 col-md-3"),
            ("reach_km", "col-6 col-md-3"),
            ("handling_minutes", "col-6 col-md-3"),
            ("transit_minutes", "col-6 col-md-3"),
            ("transit_minutes_per_100_km", "col-6 col-md-3"),
            ("freight_zones", "col-md-6"),
        ),
    ),
)


class OpeningsField(forms.CharField):
    """A day's openings as people write them; gives minutes after midnight."""

    def prepare_value(self, value: Any) -> Any:
        """As it is written."""
        return hours.openings_text(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> hours.Openings:
        """The openings."""
        try:
            return hours.openings_of(super().clean(value) or "")
        except hours.HoursRefused as why:
            raise forms.ValidationError(why.message) from why


def openings_field(label: Any, help_text: Any = "") -> OpeningsField:
    """A field of a day's opening hours."""
    attrs = {"autocomplete": "off", "placeholder": t("closed")}
    return OpeningsField(
        label=label, required=False, help_text=help_text, max_length=200, widget=forms.TextInput(attrs=attrs)
    )


class ServiceForm(forms.ModelForm[OutletService]):
    """An outlet's service; the form itself never saves."""

    time_zone = forms.CharField(
        label=t("Time zone"), max_length=50, widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"})
    )
    freight_zones = forms.CharField(
        label=t("Freight by area"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=t("Fixed prices instead, one a line: 44: 12.50. Of several beginnings the longest holds."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    class Meta:
        model = OutletService
        fields = COLUMNS
        help_texts = HELP

    def __init__(self, data: Any = None, *, instance: OutletService, seen: int = 0) -> None:
        week = {f"day_{day}": instance.week[day] for day in DAYS}
        zones = {"freight_zones": hours.zones_text(instance.freight_zones)}
        super().__init__(data, instance=instance, initial={"seen": seen} | week | zones)
        for day in DAYS:
            self.fields[f"day_{day}"] = openings_field(WEEKDAYS[day])

    def panels(self) -> Iterator[dict[str, Any]]:
        """For the template."""
        for title, note, fields in PANELS:
            yield {"title": title, "note": note, "fields": [(self[name], width) for name, width in fields]}

    def clean_area_code(self) -> str:
        """Empty, or an area that is there."""
        typed = str(self.cleaned_data["area_code"]).strip()
        return areas_there([typed])[0] if typed else ""

    def clean_time_zone(self) -> str:
        """A zone there is."""
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone not in available_timezones():
            raise forms.ValidationError(_("Write the name of a time zone, such as Asia/Shanghai or Europe/Berlin."))
        return zone

    def clean_freight_zones(self) -> dict[str, str]:
        """Prices by area."""
        try:
            return hours.zones_of(self.cleaned_data["freight_zones"])
        except hours.HoursRefused as why:
            raise forms.ValidationError(why.message) from why

    def clean(self) -> dict[str, Any]:
        """One way at least, for an outlet that fulfils; and a week."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("is_active") and not any(values.get(way) for way in ("delivers", "hands_over", "takes_away")):
            self.add_error("delivers", _("Choose a way in which it fulfils, or close it for consumer orders."))
        if all(f"day_{day}" in values for day in DAYS):
            week = [values[f"day_{day}"] for day in DAYS]
            if values.get("is_active") and not any(week):
                self.add_error("day_0", _("It is never open. Write the hours of one day at least."))
            self.instance.week = week
        return values


class DayForm(forms.Form):
    """An exceptional day."""

    day = forms.DateField(label=t("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    openings = openings_field(t("Opening hours"), t("Empty is closed."))
    note = forms.CharField(label=t("Note"), max_length=200, required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="exception_%s")


@require_http_methods(["GET", "HEAD", "POST"])
def outlet_service(request: PortalRequest, pk: int) -> HttpResponse:
    """An outlet's service; administrators save it here."""
    outlet, may_edit = _outlet(request, pk), request.portal.may(Permission.MANAGE_SOURCING)
    if request.method == "POST" and not may_edit:
        raise Http404
    service, seen = service_of(outlet), last_change(What.SERVICE, name_of(outlet))
    form = ServiceForm(request.POST if request.method == "POST" else None, instance=service, seen=seen)
    if request.method == "POST" and form.is_valid():
        try:
            change = save_service(form.instance, by=request.user, seen=form.cleaned_data["seen"] or 0)
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
            return redirect("console:outlet_service", pk)
    return _draw(request, outlet, form, DayForm(), may_edit)


@require_POST
def outlet_day(request: PortalRequest, pk: int) -> HttpResponse:
    """Write an exceptional day of an outlet."""
    outlet, form = _outlet(request, pk), DayForm(request.POST)
    service = OutletService.objects.filter(outlet=outlet).first()
    if service is None:
        raise Http404
    service.outlet = outlet
    if form.is_valid() and service.exceptions.count() >= MOST_DAYS:
        form.add_error("day", _("At most %(most)s days fit here. Remove past ones first.") % {"most": MOST_DAYS})
    if not form.is_valid():
        return _draw(request, outlet, ServiceForm(instance=service), form, may_edit=True)
    values = form.cleaned_data
    save_day(service, values["day"], values["openings"], values["note"], by=request.user)
    messages.success(request, _("The day is saved."))
    return redirect(f"{reverse('console:outlet_service', args=[pk])}#days")


@require_POST
def outlet_day_remove(request: PortalRequest, pk: int) -> HttpResponse:
    """Take an exceptional day away."""
    days = OutletException.objects.filter(dealers_visible_to(request.user, "service__outlet__dealer__"))
    day = get_object_or_404(days, pk=pk)
    remove_day(pk, by=request.user)
    messages.success(request, _("The day is like every other of its weekday again."))
    return redirect(f"{reverse('console:outlet_service', args=[day.service_id])}#days")


def service_of(outlet: Outlet) -> OutletService:
    """The outlet's service, or one to begin with, where the outlet is and in the supplier's time zone."""
    found = OutletService.objects.filter(outlet=outlet).first()
    if found is not None:
        found.outlet = outlet
        return found
    address = AddressData(country=outlet.country, region=outlet.state, city=outlet.city, postal_code=outlet.postal_code)
    known = locate([address])[0]
    own = "" if outlet.country == CHINA else postcode_key(outlet.country, outlet.postal_code)
    return OutletService(outlet=outlet, area_code=known.area_code if known else own, time_zone=settings.TIME_ZONE)


def _outlet(request: PortalRequest, pk: int) -> Outlet:
    outlets = Outlet.objects.filter(dealers_visible_to(request.user, "dealer__")).select_related("dealer")
    return get_object_or_404(outlets, pk=pk)


def _draw(request: PortalRequest, outlet: Outlet, form: ServiceForm, day_form: DayForm, may_edit: bool) -> HttpResponse:
    service = OutletService.objects.filter(outlet=outlet).first()
    days = list(service.exceptions.order_by("day")) if service else []
    dealer = outlet.dealer
    context = {
        "outlet": outlet,
        "dealer": dealer,
        "service": service,
        "form": form,
        "day_form": day_form,
        "facts": _facts(service) if service and not may_edit else [],
        "days": [{"day": each, "hours": hours.openings_text(each.openings) or _("closed")} for each in days],
        "may_edit": may_edit,
        "zones": sorted(available_timezones()) if may_edit else (),
        "changes": changed(OutletService, changes_of(What.SERVICE, name_of(outlet))[:MOST_CHANGES]),
        "crumbs": [
            (_("Dealers"), reverse("console:dealers")),
            (dealer.number, reverse("console:dealer", args=[dealer.number])),
            (_("Consumer orders"), reverse("console:dealer_sourcing", args=[dealer.number])),
            (outlet.code, ""),
        ],
    }
    return render(
        request, "console/sourcing/service.html", context, status=422 if form.errors or day_form.errors else 200
    )


def _facts(service: OutletService) -> list[tuple[str, str]]:
    columns = [(field_name(OutletService, name), said(OutletService, name, getattr(service, name))) for name in COLUMNS]
    week = [(str(WEEKDAYS[day]), hours.openings_text(service.week[day]) or _("closed")) for day in DAYS]
    return [*columns, *week]
