"""The keys with which a dealer's own system tells what its outlets have."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from fulfilment.stock.feed_tokens import issue, revoke
from fulfilment.stock.models import StockFeedToken
from portal.access.portal import PortalRequest
from portal.shop.outlet_stock import crumbs, while_on

#: A request as a program sends it.
EXAMPLE = """POST /api/v1/outlet-stock
Authorization: Bearer sft_…
Content-Type: application/json

{{"lines": [{{"outlet": "{outlet}", "sku": "PAN-24", "quantity": 12, "safety": 2}}]}}"""


class TokenForm(forms.Form):
    """What a new token is called."""

    name = forms.CharField(
        label=t("What it is for"), max_length=100, help_text=t("Such as the till or the stock system.")
    )


@while_on
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stock_feed(request: PortalRequest) -> HttpResponse:
    """The tokens of the dealer; a POST makes one and shows it, this once."""
    form = TokenForm(request.POST or None)
    told = ""
    if request.method == "POST" and form.is_valid():
        _token, told = issue(request.portal.dealer, form.cleaned_data["name"], by=request.user)
        form = TokenForm()
    outlet = request.portal.dealer.outlets.order_by("code").first()
    context: dict[str, Any] = {
        "form": form,
        "told": told,
        "tokens": StockFeedToken.objects.filter(dealer=request.portal.dealer).select_related("made_by"),
        "feed_url": request.build_absolute_uri("/api/v1/outlet-stock"),
        "document_url": reverse("api:openapi-json"),
        "example": EXAMPLE.format(outlet=outlet.code if outlet else "MAIN"),
        "crumbs": [*crumbs(reverse("shop:outlet_stock")), (_("Connect a system"), "")],
    }
    return render(request, "shop/stock_feed.html", context, status=422 if form.errors else 200)


@while_on
@require_POST
def stock_feed_revoke(request: PortalRequest, pk: int) -> HttpResponse:
    """End a token."""
    try:
        token = revoke(pk, request.portal.dealer, by=request.user)
    except StockFeedToken.DoesNotExist as why:
        raise Http404 from why
    messages.success(request, _("Token %(name)s holds no more.") % {"name": token.name})
    return redirect("shop:stock_feed")
