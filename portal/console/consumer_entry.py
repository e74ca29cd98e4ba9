"""Entering a consumer order by hand: by telephone, from a fair, from a shop that has no interface."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.http import require_http_methods

from fulfilment.consumer.checks import LENGTHS, MOST_AMOUNT, MOST_PIECES
from fulfilment.consumer.data import (
    AddressData,
    ConsumerRefused,
    ContactData,
    FieldProblem,
    LineData,
    OrderData,
    body_hash,
)
from fulfilment.consumer.models import Channel, Method, Source
from fulfilment.consumer.receive import Bringer, receive
from portal.access.portal import PortalRequest

ROWS = 8
NOTHING = Decimal("0.00")
ADDRESS = ("country", "postal_code", "region", "city", "district")
CONTACT = ("name", "phone", "email", "address_line1", "address_line2")


def _amount(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=0, max_value=MOST_AMOUNT, decimal_places=2, required=False, help_text=help_text
    )


def _text(name: str, label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=LENGTHS[name], required=False, help_text=help_text)


class OrderForm(forms.Form):
    """The order but for its lines. The number is set when the page is drawn, so that sending twice is sending once."""

    channel = forms.ModelChoiceField(label=t("Channel"), queryset=Channel.objects.filter(is_active=True))
    external_number = forms.CharField(label=t("Order number"), max_length=100)
    placed_at = forms.DateTimeField(label=t("Placed at"))
    method = forms.ChoiceField(label=t("Method"), choices=Method.choices)
    pickup_outlet = _text("pickup_outlet", t("Pickup at"), t("Dealer number/outlet code, such as D-100/MAIN."))
    promised_on = forms.DateField(
        label=t("Promised for"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    freight = _amount(t("Freight"))
    payment_fee = _amount(t("Payment fee"))
    attribution_code = _text("attribution_code", t("Attribution code"))
    campaign_code = _text("campaign_code", t("Campaign"))
    name = _text("name", t("Consumer"))
    phone = _text("phone", t("Phone"))
    email = _text("email", t("E-mail"))
    address_line1 = _text("address_line1", t("Address"))
    address_line2 = _text("address_line2", t("Address, second line"))
    postal_code = _text("postal_code", t("Postcode"))
    city = _text("city", t("City"))
    district = _text("district", t("District"))
    region = _text("region", t("State or province"))
    country = forms.CharField(label=t("Country"), max_length=2, required=False, help_text=t("Two letters, such as CN."))

    def clean_country(self) -> str:
        """In capital letters."""
        return str(self.cleaned_data["country"]).upper()


class LineForm(forms.Form):
    """One line; empty ones are left out."""

    sku = forms.CharField(label=t("SKU"), max_length=LENGTHS["sku"])
    quantity = forms.IntegerField(label=t("Quantity"), min_value=1, max_value=MOST_PIECES)
    gross = forms.DecimalField(label=t("Before discounts"), min_value=0, max_value=MOST_AMOUNT, decimal_places=2)
    discount_supplier = _amount(t("Discount borne by the supplier"))
    discount_dealer = _amount(t("Discount borne by the dealer"))


LineForms = forms.formset_factory(LineForm, extra=ROWS, max_num=100, absolute_max=100)


@require_http_methods(["GET", "HEAD", "POST"])
def consumer_order_add(request: PortalRequest) -> HttpResponse:
    """The form; an order that is taken is shown, one that was entered already, too."""
    if request.method != "POST":
        return _page(request, OrderForm(initial=_initial()), LineForms(prefix="line"))
    form, lines = OrderForm(request.POST), LineForms(request.POST, prefix="line")
    valid = form.is_valid()
    if not (lines.is_valid() and valid):
        return _page(request, form, lines, status=422)
    channel: Channel = form.cleaned_data["channel"]
    data, rows = _data(form.cleaned_data, channel, lines)
    try:
        received = receive(channel, data, body_hash=body_hash(data), by=Bringer(Source.HAND, by=request.user))
    except ConsumerRefused as why:
        for problem in why.problems:
            _place(problem, form, lines, rows)
        return _page(request, form, lines, status=422)
    words = {"number": received.order.external_number}
    if received.repeated:
        messages.info(request, _("Order %(number)s was entered already.") % words)
    else:
        messages.success(request, _("Order %(number)s is entered.") % words)
    return redirect("console:consumer_order", received.order.pk)


def _initial() -> dict[str, Any]:
    now = timezone.localtime()
    return {
        "external_number": f"H-{now:%Y%m%d-%H%M%S}",
        "placed_at": now.strftime("%Y-%m-%d %H:%M"),
        "method": "delivery",
    }


def _data(said: dict[str, Any], channel: Channel, lines: Any) -> tuple[OrderData, list[int]]:
    """The order, and which row of the form each line stands in."""
    rows = [index for index, form in enumerate(lines.forms) if form.has_changed()]
    made = []
    for index in rows:
        row = lines.forms[index].cleaned_data
        off, theirs = row["discount_supplier"] or NOTHING, row["discount_dealer"] or NOTHING
        paid = row["gross"] - off - theirs
        made.append(LineData(row["sku"].strip(), row["quantity"], row["gross"], paid, off, theirs))
    freight = said["freight"] or NOTHING
    data = OrderData(
        external_number=said["external_number"].strip(),
        currency=channel.currency,
        placed_at=said["placed_at"],
        lines=tuple(made),
        total=sum((line.paid for line in made), freight),
        freight=freight,
        payment_fee=said["payment_fee"] or NOTHING,
        method=said["method"],
        address=AddressData(**{name: said[name] for name in ADDRESS}),
        contact=ContactData(**{name: said[name] for name in CONTACT}),
        pickup_outlet=said["pickup_outlet"].strip(),
        promised_on=said["promised_on"],
        attribution_code=said["attribution_code"],
        campaign_code=said["campaign_code"],
    )
    return data, rows


def _place(problem: FieldProblem, form: forms.Form, lines: Any, rows: list[int]) -> None:
    """Put a problem at the field that it is about."""
    path = problem.path
    if path.startswith("lines["):
        index, _bracket, name = path.removeprefix("lines[").partition("].")
        row = lines.forms[rows[int(index)]]
        row.add_error(name if name in row.fields else "gross", problem.message)
        return
    name = path.rpartition(".")[2]
    form.add_error(name if name in form.fields else None, problem.message)


def _page(request: PortalRequest, form: forms.Form, lines: Any, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "lines": lines,
        "crumbs": [(_("Consumer orders"), reverse("console:consumer_orders")), (_("Enter an order"), "")],
    }
    return render(request, "console/consumer/enter.html", context, status=status)
