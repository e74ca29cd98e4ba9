"""Webhooks that could not be carried out: a person names what is missing, tries again, or dismisses them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from fulfilment.consumer import keeping
from fulfilment.consumer.data import OrderData
from fulfilment.consumer.deliveries import carry_out, dismiss, notice_of, problems_of
from fulfilment.consumer.models import ConsumerOrder, DeliveryState, WebhookDelivery
from fulfilment.consumer.payload import PayloadRefused
from fulfilment.consumer.states import State
from portal.access.portal import PortalRequest
from portal.components.keyset import PAGE_SIZE, PK, page_of, without_place
from portal.console.consumer_words import DELIVERY_KINDS, delivery_words

OPEN = (DeliveryState.STORED, DeliveryState.EXCEPTION)


class DismissForm(forms.Form):
    """Why nothing is to be done."""

    reason = forms.CharField(label=t("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class SkuForm(forms.Form):
    """Which product the shop means."""

    sku = forms.CharField(max_length=100, widget=forms.HiddenInput)
    product = forms.CharField(label=t("Our SKU"), max_length=100)


@require_safe
def consumer_exceptions(request: PortalRequest) -> HttpResponse:
    """What waits, the oldest first; by tab also everything that came."""
    tab = request.GET.get("tab", "")
    waiting = WebhookDelivery.objects.filter(state__in=OPEN)
    found = WebhookDelivery.objects.all() if tab == "all" else waiting
    page = page_of(found.select_related("channel", "order").defer("body"), (PK,), PAGE_SIZE, request.GET)
    lost = ConsumerOrder.objects.filter(state=State.ADDRESS_UNKNOWN)
    tabs = [("", pgettext("queue", "Waiting"), waiting.count()), ("all", _("All"), None)]
    context = {
        "tabs": [
            {"label": word, "count": count, "active": code == tab, "url": without_place(request.GET, tab=code)}
            for code, word, count in tabs
        ],
        "tab": tab,
        "page": page,
        "rows": [
            {"delivery": each, "kind": DELIVERY_KINDS[each.state], "problems": problems_of(each)[:3]}
            for each in page.rows
        ],
        "lost": list(lost.select_related("channel").order_by("placed_at", "pk")[:PAGE_SIZE]),
        "lost_count": lost.count(),
        "lost_url": reverse("console:consumer_orders") + f"?tab={State.ADDRESS_UNKNOWN}",
    }
    return render(request, "console/consumer/exceptions.html", context)


@require_safe
def consumer_exception(request: PortalRequest, pk: int) -> HttpResponse:
    """One webhook: what is wrong with it and what it says."""
    return _page(request, _delivery(pk))


@require_POST
def consumer_exception_again(request: PortalRequest, pk: int) -> HttpResponse:
    """Carry it out again."""
    _delivery(pk)
    delivery = carry_out(pk, by=request.user)
    if delivery.state in OPEN:
        messages.error(request, _("It still cannot be taken. The problems below say why."))
        return redirect("console:consumer_exception", pk)
    messages.success(request, _("The webhook is carried out."))
    if delivery.order_id is not None:
        return redirect("console:consumer_order", delivery.order_id)
    return redirect("console:consumer_exceptions")


@require_POST
def consumer_exception_sku(request: PortalRequest, pk: int) -> HttpResponse:
    """Say which product the shop means, once for all its orders, and try again."""
    delivery, form = _delivery(pk), SkuForm(request.POST, auto_id="sent_%s")
    if form.is_valid():
        said = form.cleaned_data
        try:
            keeping.map_sku(delivery.channel, said["sku"], said["product"], by=request.user)
        except keeping.ChannelRefused as why:
            form.add_error("product", why.message)
        else:
            return consumer_exception_again(request, pk)
    return _page(request, delivery, sku_form=form, status=422)


@require_POST
def consumer_exception_dismiss(request: PortalRequest, pk: int) -> HttpResponse:
    """Settle it without an order."""
    delivery, form = _delivery(pk), DismissForm(request.POST)
    if not form.is_valid():
        return _page(request, delivery, dismiss_form=form, status=422)
    dismiss(pk, by=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("The webhook is dismissed."))
    return redirect("console:consumer_exceptions")


def _delivery(pk: int) -> WebhookDelivery:
    return get_object_or_404(WebhookDelivery.objects.select_related("channel", "order", "settled_by"), pk=pk)


def _page(
    request: PortalRequest,
    delivery: WebhookDelivery,
    *,
    dismiss_form: DismissForm | None = None,
    sku_form: SkuForm | None = None,
    status: int = 200,
) -> HttpResponse:
    waits = delivery.state in OPEN
    order = _said(delivery)
    context = {
        "delivery": delivery,
        "kind": DELIVERY_KINDS[delivery.state],
        "waits": waits,
        "problems": problems_of(delivery),
        "note": delivery_words(delivery.note),
        "said": order,
        "sku_forms": _sku_forms(delivery, order, sku_form) if waits else [],
        "dismiss_form": (dismiss_form or DismissForm()) if waits else None,
        "crumbs": [(_("Exceptions"), reverse("console:consumer_exceptions")), (delivery.external_number, "")],
    }
    return render(request, "console/consumer/exception.html", context, status=status)


def _said(delivery: WebhookDelivery) -> OrderData | None:
    """The order in the webhook, as far as it can be read."""
    try:
        return notice_of(delivery).order if delivery.body else None
    except PayloadRefused:
        return None


def _sku_forms(delivery: WebhookDelivery, order: OrderData | None, sent: SkuForm | None) -> list[Any]:
    """A form for each SKU that nobody knows."""
    if order is None:
        return []
    unknown = []
    for problem in delivery.problems:
        index = str(problem.get("path", "")).removeprefix("lines[").partition("]")[0]
        if problem.get("code") == "unknown_sku" and index.isdigit() and int(index) < len(order.lines):
            unknown.append(order.lines[int(index)].sku)
    forms_ = []
    for place, sku in enumerate(dict.fromkeys(sku for sku in unknown if sku)):
        fresh = SkuForm(initial={"sku": sku}, auto_id=f"sku{place}_%s")  # several stand on one page
        form = sent if sent is not None and sent.data.get("sku") == sku else fresh
        forms_.append({"sku": sku, "form": form})
    return forms_
