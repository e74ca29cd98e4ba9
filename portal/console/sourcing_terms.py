"""Terms of consumer orders: taxes, fees, caps and windows. New ones are added; what was agreed before stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.http import require_http_methods

from fulfilment.allocation.change import ChangeRefused, What, changes_of
from fulfilment.allocation.keeping import TERMS, add_terms, terms_at
from fulfilment.allocation.models import ConsumerTerms
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.formats import format_datetime
from portal.components.keyset import PK, page_of, turned
from portal.console.sourcing import tabs
from portal.console.sourcing_fields import readable
from portal.console.sourcing_words import LABELS, changed, field_name, said

NEWEST_FIRST = turned(PK)
CHANGES_SHOWN = 10
PANELS: tuple[tuple[Any, Any, tuple[str, ...]], ...] = (
    (t("From when"), "", ("valid_from",)),
    (t("Taxes"), t("In percent, on top of the net amount."), ("goods_tax", "freight_tax", "service_tax", "top_up_tax")),
    (
        t("Fees"),
        "",
        ("payment_fee", "payment_fee_on_dealer", "commission", "guide", "guide_on_dealer", "override"),
    ),
    (
        t("Caps"),
        t("The most the supplier adds so that a dealer keeps its protected margin. Empty: without limit."),
        ("top_up_share", "top_up_per_line", "top_up_per_order", "supplier_floor"),
    ),
    (
        t("Windows"),
        "",
        ("stock_max_age_hours", "decide_within_hours", "return_days", "unclaim_penalty", "fairness_days"),
    ),
)
HELP: dict[str, Any] = {
    "payment_fee": t("Of what the consumer pays, freight included."),
    "payment_fee_on_dealer": t("Where the dealer sells."),
    "guide": t("Of what was paid, net of tax."),
    "guide_on_dealer": t("Where the dealer sells."),
    "commission": t("Of what was paid."),
    "override": t("Of what was paid, net of tax, to the owner of an exclusive territory whom others fulfil in."),
    "supplier_floor": t("Of a line, net of tax; may be below zero."),
    "stock_max_age_hours": t("Older stock of an outlet does not count. Empty: any age."),
    "decide_within_hours": t("After the order came in; then nobody is asked any more."),
    "return_days": t("The dealer is paid when it has passed."),
    "fairness_days": t("So many days of orders are compared with entitlements."),
}


class TermsForm(forms.ModelForm[ConsumerTerms]):
    """Terms to be added; the form itself never saves. `seen` is the newest row's key when the page was drawn."""

    valid_from = forms.DateTimeField(
        label=t("From"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=t("Empty: at once. Orders that were given to a dealer before keep the terms of then."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    class Meta:
        model = ConsumerTerms
        fields = TERMS
        help_texts = HELP
        labels = LABELS

    def __init__(self, data: Any = None, *, now: datetime, before: ConsumerTerms | None, seen: int = 0) -> None:
        stored = {name: getattr(before, name) for name in TERMS} if before else {}
        super().__init__(data, initial=stored | {"valid_from": None, "seen": seen})
        readable(self)
        self._now = now

    def panels(self) -> Iterator[dict[str, Any]]:
        """For the template."""
        for title, note, names in PANELS:
            yield {"title": title, "note": note, "fields": [self[name] for name in names]}

    def clean_valid_from(self) -> datetime:
        """A moment to come; empty is now."""
        moment: datetime = self.cleaned_data["valid_from"] or self._now
        if moment < self._now:
            raise forms.ValidationError(_("This moment has passed. Leave it empty for at once."))
        return moment


@require_http_methods(["GET", "HEAD", "POST"])
def sourcing_terms(request: PortalRequest) -> HttpResponse:
    """The terms in force, those to come, the form to add others, and what was changed."""
    may_edit = request.portal.may(Permission.MANAGE_SOURCING)
    if request.method == "POST" and not may_edit:
        raise Http404
    now = timezone.now()
    current, newest = terms_at(now), ConsumerTerms.objects.order_by("-pk").first()
    seen = newest.pk if newest else 0
    form = TermsForm(request.POST if request.method == "POST" else None, now=now, before=current, seen=seen)
    if request.method == "POST" and form.is_valid():
        try:
            change = add_terms(form.instance, now=now, by=request.user, seen=form.cleaned_data["seen"] or 0)
        except ChangeRefused as why:
            form.add_error(why.field or None, why.message)
            again = request.POST.copy()
            again["seen"] = str(seen)
            form.data = again
        else:
            _tell(request, form.instance if change else None, now)
            return redirect("console:sourcing_terms")
    page = page_of(changes_of(What.TERMS), NEWEST_FIRST, CHANGES_SHOWN, request.GET)
    context = {
        "tabs": tabs(request, "sourcing_terms"),
        "form": form,
        "current": current,
        "panels": _facts(current) if current else [],
        "coming": list(ConsumerTerms.objects.filter(valid_from__gt=now).order_by("valid_from", "pk")[:20]),
        "may_edit": may_edit,
        "page": page,
        "changes": changed(ConsumerTerms, page.rows),
    }
    return render(request, "console/sourcing/terms.html", context, status=422 if form.errors else 200)


def _tell(request: PortalRequest, terms: ConsumerTerms | None, now: datetime) -> None:
    if terms is None:
        messages.info(request, _("Nothing was different, so nothing was changed."))
    elif terms.valid_from > now:
        messages.success(
            request, _("Saved. These terms hold from %(when)s.") % {"when": format_datetime(terms.valid_from)}
        )
    else:
        messages.success(request, _("Saved. These terms hold for every order that is decided from now on."))


def _facts(terms: ConsumerTerms) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "facts": [
                (field_name(ConsumerTerms, name), said(ConsumerTerms, name, getattr(terms, name))) for name in names
            ],
        }
        for title, _note, names in PANELS
        if "valid_from" not in names
    ]
