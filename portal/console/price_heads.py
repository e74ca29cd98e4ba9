"""A price list itself: making it, also from another one, changing what it says of itself, and ending it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from dealers.accounts.models import Dealer
from portal.access.portal import PortalRequest
from portal.console.list_words import changes_of_list
from portal.console.words import stored_text
from pricing.quote import supplier_day
from pricing.terms.lists import HEAD, MOVING, ListRefused, buyers, change_list, last_change, make_list
from pricing.terms.models import ListKind, PriceList

t = gettext_lazy
PEOPLES = ((ListKind.STANDARD, ListKind.STANDARD.label), (ListKind.AGREEMENT, t("Agreement (one dealer's own)")))
#: What the head of a worked-out list says is its base's.
OF_THE_BASE = ("kind", "currency", "tax_included", "owner_dealer")


def _day(label: Any, help_text: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, help_text=help_text, widget=widget)


class HeadForm(forms.Form):
    """What a list says of itself. `seen` is its last change when the page was drawn."""

    name = forms.CharField(label=t("Name"), max_length=200)
    name_zh = forms.CharField(label=t("Chinese name"), max_length=200, required=False)
    kind = forms.ChoiceField(label=t("Kind"), choices=PEOPLES)
    owner_dealer = forms.CharField(
        label=t("Dealer"),
        max_length=50,
        required=False,
        help_text=t("Number; for an agreement. Nobody else buys by it, and only this dealer's sales rep reads it."),
        widget=forms.TextInput(attrs={"list": "dealers", "autocomplete": "off"}),
    )
    currency = forms.RegexField(
        label=t("Currency"), regex=r"^[A-Za-z]{3}$", help_text=t("Three letters, such as CNY or EUR.")
    )
    tax_included = forms.BooleanField(
        label=t("Prices include tax"),
        required=False,
        help_text=t("The dealer's tax is taken out of each price, to four decimals."),
    )
    valid_from = _day(t("Valid from"), t("The first day its prices count; empty: it has always held."))
    valid_to = _day(t("Valid to"), t("The last day its prices count; empty: until further notice."))
    is_active = forms.BooleanField(label=t("Active"), required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any = None, *, head: PriceList) -> None:
        stored = {name: getattr(head, name) for name in HEAD}
        stored |= {"owner_dealer": head.owner_dealer.number if head.owner_dealer else ""}
        super().__init__(data, initial={**stored, "seen": last_change(head.pk)})
        if head.kind == ListKind.FORMULA:
            for name in OF_THE_BASE:
                del self.fields[name]

    def clean_owner_dealer(self) -> Dealer | None:
        """A dealer by number."""
        number = self.cleaned_data["owner_dealer"].strip()
        found = Dealer.objects.filter(number__iexact=number).first() if number else None
        if number and found is None:
            raise forms.ValidationError(_("There is no such dealer. Choose one from the list."))
        return found

    def clean_currency(self) -> str:
        """In capitals."""
        currency: str = self.cleaned_data["currency"]
        return currency.upper()

    def clean(self) -> dict[str, Any]:
        """An agreement has a dealer, and only an agreement."""
        values: dict[str, Any] = super().clean() or {}
        if "owner_dealer" in values and "kind" in values:
            if values["kind"] == ListKind.AGREEMENT and not values["owner_dealer"]:
                self.add_error("owner_dealer", _("Say whose agreement it is."))
            elif values["kind"] != ListKind.AGREEMENT and values["owner_dealer"]:
                self.add_error("kind", _("A list of one dealer is an agreement. Choose that kind."))
        return values

    def values(self) -> dict[str, Any]:
        """The fields of the head that the form has."""
        return {name: self.cleaned_data[name] for name in HEAD if name in self.cleaned_data}


class NewForm(HeadForm):
    """A new list, with the prices of another one if wanted."""

    code = forms.CharField(label=t("Code"), max_length=50, help_text=t("Files and addresses name the list by it."))
    copy_from = forms.CharField(
        label=t("Copy the prices of"),
        max_length=50,
        required=False,
        help_text=t("Code of a list; its prices that hold today or later. Empty: no prices yet."),
        widget=forms.TextInput(attrs={"list": "price-lists", "autocomplete": "off"}),
    )
    field_order = ("code", "name", "name_zh", "kind", "owner_dealer", "currency", "tax_included")

    def __init__(self, data: Any = None, *, head: PriceList) -> None:
        super().__init__(data, head=head)
        del self.fields["is_active"], self.fields["seen"]

    def clean_code(self) -> str:
        """A code that no list has and that an address can hold."""
        code: str = self.cleaned_data["code"].strip()
        if code.strip("/") != code or code.casefold() in ("check", "history", "new", "rows"):
            raise forms.ValidationError(_("This code cannot be in an address. Choose another one."))
        if PriceList.objects.filter(code__iexact=code).exists():
            raise forms.ValidationError(_("There is a price list with this code already. Choose another one."))
        return code

    def clean_copy_from(self) -> PriceList | None:
        """A list by code."""
        code = self.cleaned_data["copy_from"].strip()
        found = PriceList.objects.filter(code__iexact=code).exclude(kind=ListKind.EXCEPTIONS).first() if code else None
        if code and found is None:
            raise forms.ValidationError(_("There is no price list %(code)s.") % {"code": code})
        return found


@require_http_methods(["GET", "HEAD", "POST"])
def price_list_add(request: PortalRequest) -> HttpResponse:
    """The form for a new list, filled in from another one with `?from=CODE`, and making it."""
    form = NewForm(request.POST if request.method == "POST" else None, head=_template(request.GET.get("from", "")))
    if request.method != "POST":
        form.initial["copy_from"] = stored_text(request.GET.get("from", ""))
    elif form.is_valid():
        head = PriceList(code=form.cleaned_data["code"], **form.values())
        try:
            with transaction.atomic():
                today = supplier_day(timezone.now())
                make_list(head, copy_from=form.cleaned_data["copy_from"], today=today, by=request.user)
        except ListRefused as why:
            form.add_error(why.field if why.field in form.fields else None, why.message)
        except IntegrityError:
            form.add_error("code", _("There is a price list with this code already. Choose another one."))
        else:
            messages.success(request, _("The price list %(code)s was made.") % {"code": head.code})
            return redirect("console:price_list", code=head.code)
    context = {
        "form": form,
        "dealers": Dealer.objects.filter(is_active=True).order_by("number"),
        "lists": PriceList.objects.exclude(kind=ListKind.EXCEPTIONS).order_by("code"),
        "crumbs": [(_("Price lists"), reverse("console:price_lists")), (_("New price list"), "")],
    }
    return render(request, "console/prices/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def price_list_edit(request: PortalRequest, code: str) -> HttpResponse:
    """What a list says of itself, and changing it. What moves dealers' prices is asked a second time, with how many."""
    found = _fetch(request, code)
    form = HeadForm(request.POST if request.method == "POST" else None, head=found)
    asks: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        values = form.values()
        moves = [name for name in MOVING if name in values and values[name] != getattr(found, name)]
        concerned = buyers(found) if moves else 0
        if concerned and request.POST.get("confirmed") != str(concerned):
            asks = {"count": concerned, "text": _moved(concerned)}
        else:
            try:
                changes = change_list(found.pk, values, by=request.user, seen=form.cleaned_data["seen"])
            except ListRefused as why:
                form.add_error(why.field if why.field in form.fields else None, why.message)
            else:
                _tell(request, bool(changes))
                return redirect("console:price_list", code=found.code)
    return _draw(request, found, form, asks)


def _draw(request: PortalRequest, found: PriceList, form: HeadForm, asks: dict[str, Any] | None) -> HttpResponse:
    found.refresh_from_db()
    context = {
        "list": found,
        "form": form,
        "asks": asks,
        "dealers": Dealer.objects.filter(is_active=True).order_by("number"),
        "changes": changes_of_list(found, request.user),
        "crumbs": crumbs(found, _("Change the list")),
    }
    return render(request, "console/prices/head.html", context, status=422 if form.errors else 200)


@require_POST
def price_list_end(request: PortalRequest, code: str) -> HttpResponse:
    """Let a list hold until today. A list that dealers buy by is asked for a second time, with how many."""
    found = _fetch(request, code)
    today = supplier_day(timezone.now())
    concerned = buyers(found)
    if concerned and request.POST.get("confirmed") != str(concerned):
        context = {"list": found, "count": concerned, "text": _moved(concerned), "crumbs": crumbs(found, _("End it"))}
        return render(request, "console/prices/end.html", context)
    try:
        done = not found.valid_to or found.valid_to > today
        if done:
            change_list(found.pk, {"valid_to": today}, by=request.user)
    except ListRefused as why:
        messages.error(request, why.message)
    else:
        _tell(request, done)
    return redirect("console:price_list", code=found.code)


def crumbs(found: PriceList, last: str) -> list[tuple[str, str]]:
    """The way to a page of a list."""
    own = reverse("console:price_list", args=[found.code])
    return [(_("Price lists"), reverse("console:price_lists")), (found.code, own), (last, "")]


def _moved(count: int) -> str:
    return ngettext(
        "%(count)s dealer buys by this list: its prices move with the next page it opens.",
        "%(count)s dealers buy by this list: their prices move with the next page they open.",
        count,
    ) % {"count": count}


def _fetch(request: PortalRequest, code: str) -> PriceList:
    lists = PriceList.objects.for_user(request.user).exclude(kind=ListKind.EXCEPTIONS).select_related("owner_dealer")
    return get_object_or_404(lists, code=stored_text(code))


def _template(code: str) -> PriceList:
    """What the form of a new list starts with: another list's currency and tax."""
    other = PriceList.objects.filter(code=stored_text(code)).first() if code else None
    if other is None:
        return PriceList(currency=settings.OSCAR_DEFAULT_CURRENCY)
    return PriceList(currency=other.currency, tax_included=other.tax_included)


def _tell(request: PortalRequest, changed: bool) -> None:
    if changed:
        messages.success(request, _("Saved. It holds from the next page its dealers open."))
    else:
        messages.info(request, _("Nothing was different, so nothing was changed."))
