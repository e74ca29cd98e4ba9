"""Selling rules: what dealers may see, in which quantities they buy, and the least an order must come to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dealers.accounts.models import Dealer, User
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.keyset import PAGE_SIZE, Key, page_of, whole, without_place
from portal.console.import_columns import import_columns, import_rows
from portal.console.selling_forms import FORMS, MODELS, RuleFilter, RuleForm
from portal.console.selling_words import category_paths, described, row_of, rows_of
from portal.documents.workbooks import Sheet
from pricing.catalogue.models import ProductCard
from pricing.quote import supplier_day
from pricing.selling.export import INTAKES, exported
from pricing.selling.models import WHOLE_ORDERS, RuleKind, SellingChange
from pricing.selling.write import RuleRefused, last_change, remove_rules, save_rule, with_names

NEWEST_FIRST = (Key("pk", whole, descending=True),)
MOST_CHANGES = 20
SUBS: dict[str, Any] = {
    RuleKind.ASSORTMENT: gettext_lazy("What dealers may see, within what their price lists price."),
    RuleKind.QUANTITY: gettext_lazy("Minimum, multiple and maximum of a product in one order, in sales units."),
    RuleKind.MINIMUM: gettext_lazy("The least an order must come to before tax."),
    RuleKind.FREIGHT: gettext_lazy("What is charged for sending an order, and from which value on it is free."),
}


def rules_visible_to(user: User, kind: str) -> QuerySet[Any]:
    """The rules of a kind that a person may read: those of dealers they may see, of groups, and everybody's."""
    return with_names(kind).filter(Q(dealer__isnull=True) | Q(dealer__in=Dealer.objects.for_user(user)))


@require_safe
def selling_home(request: PortalRequest) -> HttpResponse:
    """The first of the kinds."""
    return redirect("console:selling", RuleKind.ASSORTMENT)


@require_safe
def selling(request: PortalRequest, kind: str) -> HttpResponse:
    """The rules of a kind, newest first; the same statements for any number."""
    _known(kind)
    today = supplier_day(timezone.now())
    form = RuleFilter(request.GET, kind=kind)
    chosen = form.select(rules_visible_to(request.user, kind), today)
    page = page_of(chosen, NEWEST_FIRST, PAGE_SIZE, request.GET)
    context = {
        "kind": kind,
        "sub": SUBS[kind],
        "tabs": [
            {"label": label, "url": reverse("console:selling", args=[each]), "active": each == kind}
            for each, label in RuleKind.choices
        ],
        "form": form,
        "chips": form.chips(request.GET),
        "page": page,
        "rows": rows_of(kind, page.rows, today, category_paths() if kind not in WHOLE_ORDERS else {}),
        "may_edit": request.portal.may(Permission.MANAGE_DEALERS),
        "may_import": request.portal.may(Permission.IMPORT_DATA),
        "import_kind": INTAKES[kind].name,
        "export_query": without_place(request.GET),
    }
    return render(request, "console/selling/list.html", context)


@require_safe
def selling_export(request: PortalRequest, kind: str) -> FileResponse:
    """The rules that the filter lets through as Excel in the importer's columns: imported again they change nothing."""
    _known(kind)
    chosen = RuleFilter(request.GET, kind=kind).select(
        rules_visible_to(request.user, kind), supplier_day(timezone.now())
    )
    rows = import_rows(exported(kind, chosen.order_by("pk")))
    return excel(INTAKES[kind].name, [Sheet(str(RuleKind(kind).label), import_columns(INTAKES[kind].columns), rows)])


@require_http_methods(["GET", "HEAD", "POST"])
def selling_add(request: PortalRequest, kind: str) -> HttpResponse:
    """The form for a new rule, and saving it."""
    _known(kind)
    if request.method != "POST":
        return _draw(request, kind, FORMS[kind]())
    form = FORMS[kind](request.POST)
    return _save(request, kind, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def selling_rule(request: PortalRequest, kind: str, pk: int) -> HttpResponse:
    """A rule with what was changed of it, for those who may read it; administrators save it here."""
    _known(kind)
    rule = get_object_or_404(rules_visible_to(request.user, kind), pk=pk)
    if request.method != "POST":
        return _draw(request, kind, FORMS[kind](rule=rule, seen=last_change(kind, pk)), rule)
    if not request.portal.may(Permission.MANAGE_DEALERS):
        raise Http404
    return _save(request, kind, FORMS[kind](request.POST, rule=rule), rule)


@require_POST
def selling_remove(request: PortalRequest, kind: str, pk: int) -> HttpResponse:
    """Take a rule away. Twice is once."""
    _known(kind)
    if remove_rules(kind, [pk], by=request.user):
        messages.success(request, _("The rule was removed. It holds no more from the next page a dealer opens."))
    else:
        messages.info(request, _("This rule was removed already."))
    return redirect("console:selling", kind)


def _known(kind: str) -> None:
    if kind not in RuleKind.values:
        raise Http404


def _save(request: PortalRequest, kind: str, form: RuleForm, rule: Any | None) -> HttpResponse:
    if not form.is_valid():
        return _draw(request, kind, form, rule, status=422)
    seen = form.cleaned_data["seen"] if rule is not None else None
    try:
        change = save_rule(form.apply(rule or MODELS[kind]()), by=request.user, seen=seen)
    except RuleRefused as why:
        form.add_error(why.field if why.field in form.fields else None, why.message)
        stored = rules_visible_to(request.user, kind).filter(pk=rule.pk).first() if rule else None
        form.data = {**request.POST.dict(), "seen": str(last_change(kind, stored.pk) if stored else 0)}
        return _draw(request, kind, form, stored, status=422)
    if change is None:
        messages.info(request, _("Nothing was different, so nothing was changed."))
    else:
        messages.success(request, _("Saved. The rule holds from the next page a dealer opens."))
    return redirect("console:selling", kind)


def _draw(request: PortalRequest, kind: str, form: RuleForm, rule: Any | None = None, *, status: int = 200) -> Any:
    label = RuleKind(kind).label
    changes = SellingChange.objects.filter(kind=kind, rule=rule.pk)[:MOST_CHANGES] if rule else []
    may_edit = request.portal.may(Permission.MANAGE_DEALERS)
    today = supplier_day(timezone.now())
    targeted = kind not in WHOLE_ORDERS
    context = {
        "kind": kind,
        "form": form,
        "rule": rule,
        "row": row_of(kind, rule, today, category_paths() if targeted else {}) if rule else None,
        "targeted": targeted,
        "dated": kind != RuleKind.MINIMUM,
        "may_edit": may_edit,
        "changes": described(kind, changes),
        "dealers": Dealer.objects.order_by("number") if may_edit else (),
        "brands": _brands() if may_edit and targeted else (),
        "crumbs": [
            (_("Selling rules"), reverse("console:selling_home")),
            (label, reverse("console:selling", args=[kind])),
            (_("Rule") if rule else _("New rule"), ""),
        ],
    }
    return render(request, "console/selling/rule.html", context, status=status)


def _brands() -> Any:
    return ProductCard.objects.exclude(brand="").order_by("brand").values_list("brand", flat=True).distinct()
