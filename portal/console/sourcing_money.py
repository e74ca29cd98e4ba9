"""Protected margins, campaigns and online terms: what each keeps is alike, so one frame shows and saves them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fulfilment.allocation import keeping
from fulfilment.allocation.change import ChangeRefused, What, changes_of, last_change
from fulfilment.allocation.models import ConsumerCampaign, OnlineTerms, ProtectedMargin
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.filters import filter_chips
from portal.components.keyset import PAGE_SIZE, PK, page_of, turned
from portal.console.selling_words import category_paths
from portal.console.sourcing import tabs
from portal.console.sourcing_money_forms import CampaignForm, MarginForm, OnlineForm, SearchForm
from portal.console.sourcing_words import changed
from pricing.quote import supplier_day

NEWEST_FIRST = turned(PK)
MOST_CHANGES = 20


@dataclass(frozen=True)
class Kept:
    """A kind of row: how it is called, shown, filled in and saved."""

    model: type[Any]
    what: What
    form: type[Any]
    save: Callable[..., Any]
    list_route: str
    route: str
    title: Any
    new_title: Any
    save_label: Any
    call: Callable[[Any], str]
    remove: Callable[..., bool] | None = None
    remove_route: str = ""
    remove_words: Any = ""


def _margin_called(margin: ProtectedMargin) -> str:
    category = margin.category.name if margin.category else _("All goods")
    return f"{category}, {_('tier %(tier)s') % {'tier': margin.tier}}" if margin.tier is not None else category


MARGIN = Kept(
    ProtectedMargin, What.MARGIN, MarginForm, keeping.save_margin, "margins", "margin",
    t("Protected margins"), t("New protected margin"), t("Save the protected margin"), _margin_called,
    keeping.remove_margin, "margin_remove",
    t("A farther margin holds then for orders that are decided from now on, or none."),
)  # fmt: skip
CAMPAIGN = Kept(
    ConsumerCampaign, What.CAMPAIGN, CampaignForm, keeping.save_campaign, "campaigns", "campaign",
    t("Campaigns"), t("New campaign"), t("Save the campaign"), lambda campaign: str(campaign.code),
)  # fmt: skip
ONLINE = Kept(
    OnlineTerms, What.ONLINE, OnlineForm, keeping.save_online, "online_terms", "online_term",
    t("Online terms"), t("New online terms"), t("Save the online terms"), lambda online: str(online.product.upc),
    keeping.remove_online, "online_term_remove",
    t("Orders that are decided from now on have no floor price and no known cost for this product."),
)  # fmt: skip


@require_safe
def margins(request: PortalRequest) -> HttpResponse:
    """The protected margins; the same statements for any number."""
    rows = ProtectedMargin.objects.order_by("-pk")
    page = page_of(rows, NEWEST_FIRST, PAGE_SIZE, request.GET)
    paths = category_paths() if any(each.category_id for each in page.rows) else {}
    context = {"rows": [{"margin": each, "about": paths.get(each.category_id or 0, "")} for each in page.rows]}
    return _list(request, MARGIN, page, context, "console/sourcing/margins.html")


@require_safe
def campaigns(request: PortalRequest) -> HttpResponse:
    """The campaigns with what is used and left of their budgets."""
    today = supplier_day(timezone.now())
    page = page_of(ConsumerCampaign.objects.all(), NEWEST_FIRST, PAGE_SIZE, request.GET)
    rows = [_campaign_row(each, today) for each in page.rows]
    return _list(request, CAMPAIGN, page, {"rows": rows}, "console/sourcing/campaigns.html")


@require_safe
def online_terms(request: PortalRequest) -> HttpResponse:
    """The online terms by product; the same statements for any number."""
    form = SearchForm(request.GET, str(_("SKU or name")))
    found = OnlineTerms.objects.select_related("product__card")
    if form.is_valid() and (text := form.cleaned_data["q"]):
        named = Q(product__title__icontains=text) | Q(product__card__name_zh__icontains=text)
        found = found.filter(named | Q(product__upc__istartswith=text))
    page = page_of(found, NEWEST_FIRST, PAGE_SIZE, request.GET)
    context = {
        "form": form,
        "chips": filter_chips(form, request.GET),
        "rows": page.rows,
        "may_import": request.portal.may(Permission.IMPORT_DATA),
    }
    return _list(request, ONLINE, page, context, "console/sourcing/online_terms.html")


def _list(request: PortalRequest, kept: Kept, page: Any, context: dict[str, Any], template: str) -> HttpResponse:
    may_edit = request.portal.may(Permission.MANAGE_SOURCING)
    shared = {"tabs": tabs(request, kept.list_route), "page": page, "may_edit": may_edit}
    return render(request, template, shared | context)


@require_http_methods(["GET", "HEAD", "POST"])
def margin_add(request: PortalRequest) -> HttpResponse:
    """The form for a new protected margin, and saving it."""
    return _edit(request, MARGIN, ProtectedMargin())


@require_http_methods(["GET", "HEAD", "POST"])
def margin(request: PortalRequest, pk: int) -> HttpResponse:
    """A protected margin; administrators save it here."""
    return _edit(request, MARGIN, get_object_or_404(ProtectedMargin.objects.select_related("category__card"), pk=pk))


@require_POST
def margin_remove(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a protected margin away."""
    return _remove(request, MARGIN, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def campaign_add(request: PortalRequest) -> HttpResponse:
    """The form for a new campaign, and saving it."""
    return _edit(request, CAMPAIGN, ConsumerCampaign())


@require_http_methods(["GET", "HEAD", "POST"])
def campaign(request: PortalRequest, pk: int) -> HttpResponse:
    """A campaign with its budget; administrators save it here."""
    found = get_object_or_404(ConsumerCampaign, pk=pk)
    return _edit(request, CAMPAIGN, found, budget=_campaign_row(found, supplier_day(timezone.now())))


@require_http_methods(["GET", "HEAD", "POST"])
def online_term_add(request: PortalRequest) -> HttpResponse:
    """The form for new online terms, and saving them."""
    return _edit(request, ONLINE, OnlineTerms())


@require_http_methods(["GET", "HEAD", "POST"])
def online_term(request: PortalRequest, pk: int) -> HttpResponse:
    """A product's online terms; administrators save them here."""
    return _edit(request, ONLINE, get_object_or_404(OnlineTerms.objects.select_related("product__card"), pk=pk))


@require_POST
def online_term_remove(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a product's online terms away."""
    return _remove(request, ONLINE, pk)


def _edit(request: PortalRequest, kept: Kept, thing: Any, **more: Any) -> HttpResponse:
    may_edit = request.portal.may(Permission.MANAGE_SOURCING)
    if request.method == "POST" and not may_edit:
        raise Http404
    name = kept.call(thing) if thing.pk else ""
    of = _record_name(kept, thing)
    seen = last_change(kept.what, of) if of else 0
    form = kept.form(request.POST if request.method == "POST" else None, instance=thing, seen=seen)
    if request.method == "POST" and form.is_valid():
        try:
            change = kept.save(form.instance, by=request.user, seen=form.cleaned_data["seen"] or 0)
        except ChangeRefused as why:
            _refuse(form, why, request, seen)
        else:
            if change is None:
                messages.info(request, _("Nothing was different, so nothing was changed."))
            else:
                messages.success(request, _("Saved. It holds for every order that is decided from now on."))
            return redirect(f"console:{kept.list_route}")
    context = {
        "kept": kept,
        "thing": thing if name else None,
        "name": name or kept.new_title,
        "form": form,
        "fields": [bound for bound in form if not bound.is_hidden],
        "may_edit": may_edit,
        "list_url": reverse(f"console:{kept.list_route}"),
        "remove_url": reverse(f"console:{kept.remove_route}", args=[thing.pk]) if name and kept.remove else "",
        "changes": changed(kept.model, changes_of(kept.what, of)[:MOST_CHANGES]) if of else [],
        "crumbs": [(kept.title, reverse(f"console:{kept.list_route}")), (name or kept.new_title, "")],
        **more,
    }
    return render(request, "console/sourcing/kept.html", context, status=422 if form.errors else 200)


def _record_name(kept: Kept, thing: Any) -> str:
    """What the record calls the row; empty for a new one."""
    if not thing.pk:
        return ""
    return thing.code if isinstance(thing, ConsumerCampaign) else str(thing.pk)


def _refuse(form: forms.BaseForm, why: ChangeRefused, request: PortalRequest, seen: int) -> None:
    form.add_error(why.field if why.field in form.fields else None, why.message)
    again = request.POST.copy()
    again["seen"] = str(seen)
    form.data = again


def _remove(request: PortalRequest, kept: Kept, pk: int) -> HttpResponse:
    found: Model = get_object_or_404(kept.model, pk=pk)
    if kept.remove is not None and kept.remove(found.pk, by=request.user):
        messages.success(request, _("It is removed."))
    return redirect(f"console:{kept.list_route}")


def _campaign_row(each: ConsumerCampaign, today: Any) -> dict[str, Any]:
    """A campaign with its budget as a bar."""
    if each.valid_from and each.valid_from > today:
        word, tone = _("Future"), "progress"
    elif each.valid_until and each.valid_until < today:
        word, tone = _("Expired"), "neutral"
    elif each.used >= each.budget:
        word, tone = _("Used up"), "bad"
    else:
        word, tone = _("In force"), "good"
    percent = min(100, int(each.used * 100 / each.budget)) if each.budget else 100
    return {
        "campaign": each,
        "left": max(each.budget - each.used, each.budget * 0),
        "percent": percent,
        "bar_tone": "bad" if percent >= 100 else "warn" if percent >= 80 else "",
        "word": word,
        "tone": tone,
    }
