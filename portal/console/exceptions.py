"""One-off prices: asked for, decided on, ended. Reps ask for their own dealers; finance and administrators decide."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, User, dealers_visible_to
from fulfilment.ordering.lines import MAX_QUANTITY
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.filters import filter_chips
from portal.components.keyset import PAGE_SIZE, PK, page_of, turned
from portal.console.price_check import CheckForm
from pricing.catalogue.models import reads_chinese
from pricing.quote import quote, supplier_day
from pricing.terms.exceptions import (
    ExceptionRefused,
    approve_exception,
    end_exception,
    may_decide,
    refuse_exception,
    request_exception,
)
from pricing.terms.models import ExceptionState, PriceException

Product = get_model("catalogue", "Product")

ORDER = turned(PK)
STANDING = (
    ("", gettext_lazy("All")),
    (ExceptionState.REQUESTED.value, ExceptionState.REQUESTED.label),
    ("holding", gettext_lazy("Holding")),
    ("planned", gettext_lazy("Approved for later")),
    ("over", gettext_lazy("Over")),
    (ExceptionState.REFUSED.value, ExceptionState.REFUSED.label),
    (ExceptionState.ENDED.value, ExceptionState.ENDED.label),
)


class ExceptionFilter(forms.Form):
    """Text, dealer and standing."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    dealer = forms.CharField(label=gettext_lazy("Dealer"), required=False, max_length=50)
    standing = forms.ChoiceField(label=gettext_lazy("State"), choices=STANDING, required=False)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs["placeholder"] = str(_("SKU, product or reason"))
        self.fields["dealer"].widget.attrs["placeholder"] = str(_("Number or name"))

    def select(self, found: QuerySet[PriceException], today: date) -> QuerySet[PriceException]:
        """The one-off prices that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return found.none()
        values = self.cleaned_data
        if text := values["q"]:
            found = found.filter(
                Q(product__upc__icontains=text)
                | Q(product__title__icontains=text)
                | Q(product__card__name_zh__icontains=text)
                | Q(reason__icontains=text)
            )
        if text := values["dealer"]:
            found = found.filter(
                Q(dealer__number__iexact=text) | Q(dealer__name__icontains=text) | Q(dealer__name_zh__icontains=text)
            )
        return found.filter(_stands(values["standing"], today))

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params)


def _stands(standing: str, today: date) -> Q:
    if standing == "holding":
        return Q(state=ExceptionState.APPROVED, valid_from__lte=today, valid_to__gte=today)
    if standing == "planned":
        return Q(state=ExceptionState.APPROVED, valid_from__gt=today)
    if standing == "over":
        return Q(state=ExceptionState.APPROVED, valid_to__lt=today)
    return Q(state=standing) if standing else Q()


class RequestForm(CheckForm):
    """What is asked for. Dealers and SKUs are found as for checking a price."""

    price = forms.DecimalField(
        label=gettext_lazy("Price before tax"), max_digits=14, decimal_places=4, min_value=Decimal("0.0001")
    )
    quantity = forms.IntegerField(label=gettext_lazy("From quantity"), min_value=1, max_value=MAX_QUANTITY, initial=1)
    valid_from = forms.DateField(
        label=gettext_lazy("Valid from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    valid_to = forms.DateField(
        label=gettext_lazy("Valid to"),
        help_text=gettext_lazy("The last day it holds."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    day = None  # type: ignore[assignment]  # Django's documented way to drop a field


@require_safe
def exceptions(request: PortalRequest) -> HttpResponse:
    """The one-off prices of the dealers the user may see, newest first; the same statements for any number."""
    today = supplier_day(timezone.now())
    form = ExceptionFilter(request.GET)
    chosen = form.select(_visible(request.user), today)
    page = page_of(_with_names(chosen), ORDER, PAGE_SIZE, request.GET)
    context = {
        "form": form,
        "chips": form.chips(request.GET),
        "page": page,
        "rows": [_row(each, today) for each in page.rows],
        "count": chosen.order_by().count(),
        "may_request": request.portal.may(Permission.REQUEST_PRICES),
        "crumbs": [(_("Price lists"), reverse("console:price_lists")), (_("One-off prices"), "")],
    }
    return render(request, "console/exceptions/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def exception_request(request: PortalRequest) -> HttpResponse:
    """The form to ask for a price, and asking."""
    today = supplier_day(timezone.now())
    initial = {"dealer": request.GET.get("dealer", ""), "sku": request.GET.get("sku", ""), "valid_from": today}
    form = RequestForm(request.POST or None, user=request.user, initial=initial | {"quantity": 1})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            asked = request_exception(
                values["dealer"],
                values["sku"],
                values["price"],
                min_quantity=values["quantity"],
                valid_from=values["valid_from"],
                valid_to=values["valid_to"],
                reason=values["reason"],
                by=request.user,
            )
        except ExceptionRefused as why:
            form.add_error(None, str(why.message))
        else:
            messages.success(request, _("Asked for. Finance or an administrator decides on it."))
            return redirect("console:exception", pk=asked.pk)
    context = {
        "form": form,
        "dealers": Dealer.objects.for_user(request.user).filter(is_active=True).order_by("number"),
        "crumbs": [(_("One-off prices"), reverse("console:exceptions")), (_("Ask for a price"), "")],
    }
    return render(request, "console/exceptions/request.html", context, status=422 if form.errors else 200)


@require_safe
def exception(request: PortalRequest, pk: int) -> HttpResponse:
    """One one-off price: what is asked, what the dealer pays otherwise, and who did what when."""
    return _draw(request, _fetch(request, pk))


@require_POST
def exception_approve(request: PortalRequest, pk: int) -> HttpResponse:
    """Approve it."""
    found = _fetch(request, pk)
    try:
        approve_exception(found.pk, by=request.user, note=_note(request))
    except ExceptionRefused as why:
        return _draw(request, _fetch(request, pk), str(why.message))
    messages.success(request, _("Approved. The dealer sees the price from its first day on."))
    return redirect("console:exception", pk=pk)


@require_POST
def exception_refuse(request: PortalRequest, pk: int) -> HttpResponse:
    """Refuse it, with a word why."""
    found = _fetch(request, pk)
    try:
        refuse_exception(found.pk, by=request.user, note=_note(request))
    except ExceptionRefused as why:
        return _draw(request, _fetch(request, pk), str(why.message))
    messages.success(request, _("Refused. Nothing changes for the dealer."))
    return redirect("console:exception", pk=pk)


@require_POST
def exception_end(request: PortalRequest, pk: int) -> HttpResponse:
    """End it before its last day."""
    found = _fetch(request, pk)
    try:
        end_exception(found.pk, by=request.user)
    except ExceptionRefused as why:
        return _draw(request, _fetch(request, pk), str(why.message))
    messages.success(request, _("Ended. The dealer's other lists price this product again."))
    return redirect("console:exception", pk=pk)


def _note(request: PortalRequest) -> str:
    return request.POST.get("note", "").replace("\x00", "")[:500]


def _visible(user: User) -> QuerySet[PriceException]:
    return PriceException.objects.filter(dealers_visible_to(user, "dealer__"))


def _with_names(found: QuerySet[PriceException]) -> QuerySet[PriceException]:
    return found.select_related(
        "dealer", "product__card", "product__parent", "requested_by", "decided_by", "ended_by", "price_row"
    )


def _fetch(request: PortalRequest, pk: int) -> PriceException:
    return get_object_or_404(_with_names(_visible(request.user)), pk=pk)


def _draw(request: PortalRequest, found: PriceException, refused: str = "") -> HttpResponse:
    today = supplier_day(timezone.now())
    decides = request.portal.may(Permission.DECIDE_PRICES)
    row = _row(found, today)
    holds = found.state == ExceptionState.APPROVED and found.valid_to >= today
    context = {
        "exception": found,
        "row": row,
        "refused": refused,
        "line": quote(found.dealer, [(found.product_id, found.min_quantity)]).lines[0],
        "may_decide": decides and found.state == ExceptionState.REQUESTED and may_decide(request.user, found),
        "own_request": decides and found.requested_by_id == request.user.pk,
        "may_end": decides and holds,
        "crumbs": [(_("One-off prices"), reverse("console:exceptions")), (found.product.upc, "")],
    }
    return render(request, "console/exceptions/exception.html", context, status=409 if refused else 200)


def _row(found: PriceException, today: date) -> dict[str, Any]:
    word, tone = _standing(found, today)
    return {"exception": found, "word": word, "tone": tone, "name": _name(found.product)}


def _standing(found: PriceException, today: date) -> tuple[str, str]:
    if found.state == ExceptionState.APPROVED:
        if found.valid_to < today:
            return _("Over"), "neutral"
        return (_("Holding"), "good") if found.valid_from <= today else (_("Approved for later"), "progress")
    tones: dict[str, str] = {ExceptionState.REQUESTED: "warn", ExceptionState.REFUSED: "bad"}
    return str(found.get_state_display()), tones.get(found.state, "neutral")


def _name(product: Any) -> str:
    card = getattr(product, "card", None)
    return str((reads_chinese() and card and card.name_zh) or product.get_title())
