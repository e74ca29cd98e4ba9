"""Promotions: the list, the form with its record, ending, copying, and what a dealer would pay."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dealers.accounts.models import Dealer, User, dealers_visible_to
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.keyset import PAGE_SIZE, PK, page_of, turned, without_place
from portal.components.promotions import promotion_name, promotion_words
from portal.components.surcharges import order_surcharges
from portal.console.import_columns import import_columns, import_rows
from portal.console.price_check import CheckForm
from portal.console.promotion_forms import STATES, PromotionFilter, PromotionForm, state_of, stored
from portal.console.selling_words import category_paths
from portal.documents.workbooks import Sheet
from pricing.catalogue.families import code_of
from pricing.promotions.export import exported
from pricing.promotions.intake import PromotionsIntake
from pricing.promotions.models import Promotion, PromotionChange
from pricing.promotions.write import PromotionRefused, Reach, end_promotion, last_change, reach_of, save_promotion
from pricing.quote import quote, supplier_day

NEWEST_FIRST = turned(PK)
MOST_CHANGES = 20


def promotions_visible_to(user: User) -> QuerySet[Promotion]:
    """The promotions a person may read: for everybody, for groups, and for dealers they may see."""
    own = Promotion.objects.filter(scopes__dealer__in=Dealer.objects.for_user(user)).values("pk")
    others = Promotion.objects.filter(scopes__dealer__isnull=False).values("pk")
    return Promotion.objects.filter(~Q(pk__in=others) | Q(scopes__group__isnull=False) | Q(pk__in=own)).distinct()


@require_safe
def promotions(request: PortalRequest) -> HttpResponse:
    """The promotions, newest first; the same statements for any number."""
    today = supplier_day(timezone.now())
    form = PromotionFilter(request.GET)
    page = page_of(form.select(promotions_visible_to(request.user), today), NEWEST_FIRST, PAGE_SIZE, request.GET)
    context = {
        "form": form,
        "chips": form.chips(request.GET),
        "page": page,
        "rows": [_row(each, today) for each in page.rows],
        "may_edit": request.portal.may(Permission.MANAGE_DEALERS),
        "may_import": request.portal.may(Permission.IMPORT_DATA),
        "export_query": without_place(request.GET),
    }
    return render(request, "console/promotions/list.html", context)


@require_safe
def promotions_export(request: PortalRequest) -> FileResponse:
    """The promotions that the filter lets through as Excel in the importer's columns."""
    chosen = PromotionFilter(request.GET).select(promotions_visible_to(request.user), supplier_day(timezone.now()))
    mine = Dealer.objects.for_user(request.user) if dealers_visible_to(request.user) else None
    rows = import_rows(exported(list(chosen.order_by("pk")), mine))
    return excel("promotions", [Sheet(_("Promotions"), import_columns(PromotionsIntake.columns), rows)])


@require_http_methods(["GET", "HEAD", "POST"])
def promotion_add(request: PortalRequest) -> HttpResponse:
    """The form for a new promotion, filled from another one with `copy`, and saving it."""
    if request.method == "POST":
        return _save(request, PromotionForm(request.POST), None)
    initial: dict[str, Any] = {}
    if copied := request.GET.get("copy", ""):
        other = get_object_or_404(Promotion, code=copied)
        initial = stored(other, reach_of(other)) | {"code": ""}
    return _draw(request, PromotionForm(initial=initial), None)


@require_http_methods(["GET", "HEAD", "POST"])
def promotion(request: PortalRequest, pk: int) -> HttpResponse:
    """A promotion with its budget and what was changed of it; administrators save it here."""
    found = get_object_or_404(promotions_visible_to(request.user), pk=pk)
    if request.method != "POST":
        initial = stored(found, reach_of(found)) | {"seen": last_change(pk)}
        return _draw(request, PromotionForm(initial=initial), found)
    if not request.portal.may(Permission.MANAGE_DEALERS):
        raise Http404
    return _save(request, PromotionForm(request.POST), found)


@require_POST
def promotion_end(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a promotion out of use. Twice is once."""
    get_object_or_404(promotions_visible_to(request.user), pk=pk)
    if end_promotion(pk, by=request.user):
        messages.success(request, _("Ended. It holds no more from the next page a dealer opens; orders keep it."))
    else:
        messages.info(request, _("This promotion was ended already."))
    return redirect("console:promotion", pk)


@require_safe
def promotion_preview(request: PortalRequest) -> HttpResponse:
    """What a dealer would pay for a product at a quantity on a day, with the promotion that wins."""
    today = supplier_day(timezone.now())
    data = request.GET.copy() if request.GET else None
    if data is not None and not data.get("day"):
        data["day"] = today.isoformat()
    form = CheckForm(data, user=request.user, initial={"day": today, "quantity": 1})
    context: dict[str, Any] = {
        "form": form,
        "dealers": Dealer.objects.for_user(request.user).filter(is_active=True).order_by("number"),
        "crumbs": [(_("Promotions"), reverse("console:promotions")), (_("What a dealer pays"), "")],
    }
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        dealer, product = values["dealer"], values["sku"]
        quoted = quote(dealer, [(product.pk, values["quantity"])], _noon(values["day"]), as_order=True)
        line = quoted.lines[0]
        context |= {
            "quote": quoted,
            "line": line,
            "dealer": dealer,
            "product_title": product.get_title(),
            "deals": [_deal(deal, quoted.currency, line.deal is deal) for deal in line.deals],
            "order_deal": _deal(quoted.order_deal, quoted.currency, True) if quoted.order_deal else None,
            "spent": [_deal(deal, quoted.currency, False) for deal in quoted.spent],
            "surcharges": order_surcharges(quoted.surcharges),
        }
    return render(request, "console/promotions/preview.html", context)


def _deal(deal: Any, currency: str, wins: bool) -> dict[str, Any]:
    words = promotion_words(deal, currency)
    return {"pk": deal.pk, "code": deal.code, "name": promotion_name(deal), "words": words, "wins": wins}


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)), timezone.get_default_timezone())


def _row(found: Promotion, today: date) -> dict[str, Any]:
    word, tone = STATES[state_of(found, today)]
    return {
        "promotion": found,
        "name": found.display_name,
        "what": promotion_words(found, found.currency),
        "state": str(word),
        "tone": tone,
        "left": found.budget_amount - found.budget_used if found.budget_amount is not None else None,
    }


def _save(request: PortalRequest, form: PromotionForm, found: Promotion | None) -> HttpResponse:
    if not form.is_valid():
        return _draw(request, form, found, status=422)
    seen = form.cleaned_data["seen"] if found is not None else None
    changed = Promotion.objects.get(pk=found.pk) if found is not None else Promotion()
    try:
        change = save_promotion(form.apply(changed), form.reach(), by=request.user, seen=seen)
    except PromotionRefused as why:
        form.add_error(why.field if why.field in form.fields else None, why.message)
        again = request.POST.copy()
        again["seen"] = str(last_change(found.pk) if found else 0)
        form.data = again
        return _draw(request, form, found, status=422)
    if change is None:
        messages.info(request, _("Nothing was different, so nothing was changed."))
    else:
        messages.success(request, _("Saved. The promotion holds from the next page a dealer opens."))
    return redirect("console:promotion", changed.pk)


def _draw(request: PortalRequest, form: PromotionForm, found: Promotion | None, *, status: int = 200) -> HttpResponse:
    today = supplier_day(timezone.now())
    reach = reach_of(found) if found else Reach()
    seen_dealers = set(Dealer.objects.for_user(request.user).filter(pk__in=[d.pk for d in reach.dealers]))
    paths = category_paths() if found and reach.categories else {}
    context = {
        "form": form,
        "promotion": found,
        "row": _row(found, today) if found else None,
        "whom": [*(group.display_name for group in reach.groups), *(d.display_name for d in seen_dealers)],
        "others": len(reach.dealers) - len(seen_dealers),
        "about": [
            *(f"{code_of(product)} {product.get_title()}" for product in reach.products),
            *(paths.get(pk, "") for pk in reach.categories),
            *reach.brands,
        ],
        "may_edit": request.portal.may(Permission.MANAGE_DEALERS),
        "changes": _changes(found) if found and request.portal.may(Permission.MANAGE_DEALERS) else [],
        "crumbs": [
            (_("Promotions"), reverse("console:promotions")),
            (found.code if found else _("New promotion"), ""),
        ],
    }
    return render(request, "console/promotions/promotion.html", context, status=status)


def _changes(found: Promotion) -> list[dict[str, Any]]:
    """What was changed, a row for each field that differs."""
    changes = PromotionChange.objects.filter(promotion=found.pk)[:MOST_CHANGES]
    return [
        {"change": change, "field": _field(name), "old": change.old.get(name, ""), "new": change.new.get(name, "")}
        for change in changes
        for name in dict.fromkeys([*change.old, *change.new])
        if change.old.get(name) != change.new.get(name)
    ]


def _field(name: str) -> str:
    """What a field of the record is called."""
    if name == "is_active":
        return _("In use")
    field = PromotionForm.base_fields.get(name)
    return str(field.label) if field is not None else name
