"""Surcharges: what comes on top of the goods, for whom and on what, with what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dealers.accounts.models import Dealer, User
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.keyset import PAGE_SIZE, PK, page_of, turned
from portal.components.surcharges import surcharge_words
from portal.console.selling_words import about_of, category_paths, whom_of
from portal.console.surcharge_forms import STATES, SurchargeFilter, SurchargeForm, state_of
from pricing.catalogue.models import ProductCard
from pricing.quote import supplier_day
from pricing.surcharges.models import Surcharge, SurchargeChange, SurchargeKind, SurchargeRule
from pricing.surcharges.write import SurchargeRefused, end_rule, last_change, save_rule, with_names

NEWEST_FIRST = turned(PK)
MOST_CHANGES = 20


def rules_visible_to(user: User) -> QuerySet[SurchargeRule]:
    """The rules that a person may read: those of dealers they may see, of groups, and everybody's."""
    return with_names().filter(Q(dealer__isnull=True) | Q(dealer__in=Dealer.objects.for_user(user)))


@require_safe
def surcharges(request: PortalRequest) -> HttpResponse:
    """The rules, newest first; the same statements for any number."""
    today = supplier_day(timezone.now())
    form = SurchargeFilter(request.GET)
    page = page_of(form.select(rules_visible_to(request.user), today), NEWEST_FIRST, PAGE_SIZE, request.GET)
    paths = category_paths() if any(rule.category_id for rule in page.rows) else {}
    context = {
        "form": form,
        "chips": form.chips(request.GET),
        "page": page,
        "rows": [_row(rule, today, paths) for rule in page.rows],
        "may_edit": request.portal.may(Permission.MANAGE_DEALERS),
    }
    return render(request, "console/surcharges/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def surcharge_add(request: PortalRequest) -> HttpResponse:
    """The form for a new rule, and saving it."""
    if request.method == "POST":
        return _save(request, SurchargeForm(request.POST), None)
    return _draw(request, SurchargeForm())


@require_http_methods(["GET", "HEAD", "POST"])
def surcharge_rule(request: PortalRequest, pk: int) -> HttpResponse:
    """A rule with what was changed of it, for those who may read it; administrators save it here."""
    rule = get_object_or_404(rules_visible_to(request.user), pk=pk)
    if request.method != "POST":
        return _draw(request, SurchargeForm(rule=rule, seen=last_change(pk)), rule)
    if not request.portal.may(Permission.MANAGE_DEALERS):
        raise Http404
    return _save(request, SurchargeForm(request.POST, rule=rule), rule)


@require_POST
def surcharge_end(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a rule out of use. Twice is once."""
    get_object_or_404(rules_visible_to(request.user), pk=pk)
    if end_rule(pk, by=request.user):
        messages.success(request, _("Ended. It holds no more from the next page a dealer opens; orders keep it."))
    else:
        messages.info(request, _("This rule was ended already."))
    return redirect("console:surcharge", pk)


def _row(rule: SurchargeRule, today: date, paths: Mapping[int, str]) -> dict[str, Any]:
    whom, whom_note, whom_url = whom_of(rule)
    about, about_note = about_of(rule, paths)
    word, tone = STATES[state_of(rule, today)]
    return {
        "rule": rule,
        "name": rule.surcharge.display_name,
        "whom": whom,
        "whom_note": whom_note,
        "whom_url": whom_url,
        "about": about,
        "about_note": about_note,
        "what": surcharge_words(rule, rule.currency),
        "state": str(word),
        "tone": tone,
    }


def _save(request: PortalRequest, form: SurchargeForm, rule: SurchargeRule | None) -> HttpResponse:
    if not form.is_valid():
        return _draw(request, form, rule, status=422)
    seen = form.cleaned_data["seen"] if rule is not None else None
    changed = with_names().get(pk=rule.pk) if rule is not None else SurchargeRule()
    try:
        change = save_rule(form.apply(changed), form.called(), by=request.user, seen=seen)
    except SurchargeRefused as why:
        form.add_error(why.field if why.field in form.fields else None, why.message)
        again = request.POST.copy()
        again["seen"] = str(last_change(rule.pk) if rule else 0)
        form.data = again
        return _draw(request, form, rule, status=422)
    if change is None:
        messages.info(request, _("Nothing was different, so nothing was changed."))
    else:
        messages.success(request, _("Saved. The surcharge holds from the next page a dealer opens."))
    return redirect("console:surcharge", changed.pk)


def _draw(
    request: PortalRequest, form: SurchargeForm, rule: SurchargeRule | None = None, *, status: int = 200
) -> HttpResponse:
    may_edit = request.portal.may(Permission.MANAGE_DEALERS)
    paths = category_paths() if rule is not None and rule.category_id else {}
    context = {
        "form": form,
        "rule": rule,
        "row": _row(rule, supplier_day(timezone.now()), paths) if rule else None,
        "may_edit": may_edit,
        "changes": _changes(rule) if rule else [],
        "dealers": Dealer.objects.order_by("number") if may_edit else (),
        "brands": _brands() if may_edit else (),
        "codes": Surcharge.objects.all() if may_edit else (),
        "crumbs": [
            (_("Surcharges"), reverse("console:surcharges")),
            (rule.surcharge.code if rule else _("New surcharge"), ""),
        ],
    }
    return render(request, "console/surcharges/rule.html", context, status=status)


def _brands() -> Any:
    return ProductCard.objects.exclude(brand="").order_by("brand").values_list("brand", flat=True).distinct()


def _changes(rule: SurchargeRule) -> list[dict[str, Any]]:
    """What was changed, a row for each field that differs."""
    changes = SurchargeChange.objects.filter(rule=rule.pk)[:MOST_CHANGES]
    return [
        {"change": change, "field": _field(name), "old": _said(name, change.old), "new": _said(name, change.new)}
        for change in changes
        for name in dict.fromkeys([*change.old, *change.new])
        if change.old.get(name) != change.new.get(name)
    ]


def _said(name: str, values: Mapping[str, str]) -> str:
    """A value of the record in words."""
    value = values.get(name, "")
    if name == "kind" and value in SurchargeKind.values:
        return str(SurchargeKind(value).label)
    return (_("yes") if value else _("no")) if name == "is_active" else value


def _field(name: str) -> str:
    """What a field of the record is called."""
    if name == "is_active":
        return _("In use")
    field = SurchargeForm.base_fields.get(name)
    return str(field.label) if field is not None else name
