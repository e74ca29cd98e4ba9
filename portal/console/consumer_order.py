"""One consumer order: what was bought and paid, where it goes, what happened to it; and what a person may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.http import require_POST, require_safe

from dealers.accounts.countries import country_name
from fulfilment.consumer import commands
from fulfilment.consumer.contacts import contact_for
from fulfilment.consumer.data import ConsumerRefused
from fulfilment.consumer.models import ConsumerContact, ConsumerOrder, Place, PlaceSource
from fulfilment.consumer.states import CANCELLABLE, State
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.formats import format_amount, format_date, format_datetime
from portal.console.consumer_words import STATE_KINDS, step_who, step_words
from portal.console.desk_forms import ActForm
from portal.console.desk_order import standing

#: Places a search for one shows.
MOST_PLACES = 10


class PlaceForm(forms.Form):
    """Where an order goes."""

    latitude = forms.DecimalField(label=t("Latitude"), min_value=Decimal(-90), max_value=Decimal(90), decimal_places=6)
    longitude = forms.DecimalField(
        label=t("Longitude"), min_value=Decimal(-180), max_value=Decimal(180), decimal_places=6
    )
    area_code = forms.CharField(
        label=t("Area code"),
        required=False,
        max_length=20,
        help_text=t("China's six-digit code, elsewhere the postcode. Left empty, it stays."),
    )


class CancelForm(forms.Form):
    """Why an order is cancelled, for the version that the person has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 2)
    reason = forms.CharField(label=t("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


@require_safe
def consumer_order(request: PortalRequest, pk: int) -> HttpResponse:
    """The page of one order."""
    return _page(request, get_object_or_404(_orders(), pk=pk))


@require_POST
def consumer_place(request: PortalRequest, pk: int) -> HttpResponse:
    """Say where an order goes that nobody could find."""
    order = get_object_or_404(_orders(), pk=pk)
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return _page(request, order, place_form=form, status=422)
    said = form.cleaned_data
    try:
        commands.set_place(
            pk, said["latitude"], said["longitude"], by=request.user, area_code=said["area_code"].strip()
        )
    except ConsumerRefused as why:
        messages.error(request, why.problems[0].message)
    else:
        messages.success(request, _("The place is set. The order goes on."))
    return redirect("console:consumer_order", pk)


@require_POST
def consumer_cancel(request: PortalRequest, pk: int) -> HttpResponse:
    """Cancel an order."""
    order = get_object_or_404(_orders(), pk=pk)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _page(request, order, cancel_form=form, status=422)
    said = form.cleaned_data
    try:
        commands.cancel(
            order.channel,
            order.external_number,
            expected_version=said["version"],
            reason=said["reason"],
            by=request.user,
        )
    except ConsumerRefused as why:
        messages.error(request, why.problems[0].message)
    else:
        messages.success(request, _("Order %(number)s is cancelled.") % {"number": order.external_number})
    return redirect("console:consumer_order", pk)


def page_of_order(request: PortalRequest, pk: int, **more: Any) -> HttpResponse:
    """The page of one order with a form that was refused on it; `more` as `_page` takes it."""
    return _page(request, get_object_or_404(_orders(), pk=pk), **more)


def _orders() -> Any:
    return ConsumerOrder.objects.select_related("channel", "pickup_outlet__dealer", "received_by", "received_with")


def _page(
    request: PortalRequest,
    order: ConsumerOrder,
    *,
    place_form: PlaceForm | None = None,
    cancel_form: CancelForm | None = None,
    act_form: forms.Form | None = None,
    chosen_lines: Sequence[int] = (),
    told_code: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    lines = list(order.lines.all())
    works = request.portal.may(Permission.WORK_CONSUMER_ORDERS)
    waits = works and order.state == State.ADDRESS_UNKNOWN
    contact = contact_for(order, request.user)
    asked = request.GET.get("place", "").strip()[:100] if waits else ""
    context = {
        "order": order,
        "kind": STATE_KINDS.get(order.state, ""),
        "works": works,
        "lines": lines,
        "allocation": standing(order, lines),
        "act_form": act_form or ActForm(),
        "chosen_lines": chosen_lines,
        "told_code": told_code,
        "steps": [
            {"step": step, "words": step_words(step.note), "who": step_who(step, order)} for step in order.steps.all()
        ],
        "commands": list(order.commands.select_related("by")),
        "figures": _figures(order),
        "facts": _facts(order),
        "place_facts": _place_facts(order),
        "contact": contact,
        "contact_lines": _contact_lines(order, contact) if contact else [],
        "place_form": (place_form or PlaceForm(initial={"area_code": order.area_code})) if waits else None,
        "asked": asked,
        "places": _places(order, asked),
        "cancel_form": (cancel_form or CancelForm(initial={"version": order.version}))
        if works and State(order.state) in CANCELLABLE
        else None,
        "crumbs": [(_("Consumer orders"), reverse("console:consumer_orders")), (order.external_number, "")],
    }
    return render(request, "console/consumer/order.html", context, status=status)


def _figures(order: ConsumerOrder) -> list[dict[str, Any]]:
    return [
        {"label": _("Paid by the consumer"), "value": format_amount(order.total), "unit": order.currency},
        {"label": _("Goods"), "value": format_amount(order.goods_total)},
        {"label": _("Freight"), "value": format_amount(order.freight)},
        {"label": _("Payment fee"), "value": format_amount(order.payment_fee)},
        {"label": _("Promised for"), "value": format_date(order.promised_on)},
    ]


def _facts(order: ConsumerOrder) -> list[tuple[str, str]]:
    brought = order.received_by.get_full_name() if order.received_by else ""
    if order.received_with:
        brought = _("Token %(name)s") % {"name": order.received_with.name}
    outlet = order.pickup_outlet
    return [
        (_("Channel"), order.channel.name),
        (_("Placed"), format_datetime(order.placed_at)),
        (_("Received"), format_datetime(order.received_at)),
        (_("Came by"), " · ".join(part for part in (order.get_source_display(), brought) if part)),
        (_("Version"), str(order.version)),
        (_("Method"), order.get_method_display()),
        (_("Pickup at"), f"{outlet.dealer.display_name} · {outlet.name}" if outlet else ""),
        (_("Attribution code"), order.attribution_code),
        (_("Campaign"), order.campaign_code),
    ]


def _place_facts(order: ConsumerOrder) -> list[tuple[str, str]]:
    where = f"{order.latitude:f}, {order.longitude:f}" if order.latitude is not None else ""
    return [
        (_("Country"), country_name(order.country) if order.country else ""),
        (_("State or province"), order.region),
        (_("City"), " ".join(part for part in (order.city, order.district) if part)),
        (_("Postcode"), order.postal_code),
        (_("Area code"), order.area_code),
        (_("Latitude, longitude"), where),
        (_("Found by"), str(PlaceSource(order.place_source).label) if order.place_source else ""),
    ]


def _contact_lines(order: ConsumerOrder, contact: ConsumerContact) -> list[str]:
    town = " ".join(part for part in (order.postal_code, order.district, order.city) if part)
    lines = [contact.name, contact.address_line1, contact.address_line2, town, order.region]
    lines += [country_name(order.country) if order.country else "", contact.phone, contact.email]
    return [line for line in lines if line]


def _places(order: ConsumerOrder, asked: str) -> list[Place]:
    """Places that a person may mean, of the order's country first."""
    if not asked or "\x00" in asked:
        return []
    found = Place.objects.filter(code__istartswith=asked) | Place.objects.filter(name__icontains=asked)
    here = found.filter(country=order.country) if order.country else found
    return list(here.order_by("country", "code")[:MOST_PLACES])
