"""Sets of sourcing rules: the list, one set with its rules in order, drafts, and publishing what was compared."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fulfilment.allocation import ruleedit
from fulfilment.allocation.change import ChangeRefused, What, changes_of, last_change
from fulfilment.allocation.models import RuleSet, RuleSetState
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.keyset import PAGE_SIZE, PK, page_of, turned
from portal.console.sourcing_rule_forms import NewSetForm, RuleSetForm
from portal.console.sourcing_words import TONES, Names, difference_rows, rule_changes, rule_row

NEWEST_FIRST = turned(PK)
MOST_CHANGES = 30


def tabs(request: PortalRequest, here: str) -> list[dict[str, Any]]:
    """The parts of sourcing that the reader may open."""
    parts = (
        ("sourcing_sets", pgettext("sourcing", "Rules"), Permission.SEE_CONSUMER_ORDERS),
        ("sourcing_terms", _("Terms"), Permission.SEE_CONSUMER_ORDERS),
        ("sourcing_contracts", _("Contracts"), Permission.SEE_DEALERS),
        ("territories", _("Territories"), Permission.SEE_DEALERS),
        ("margins", _("Protected margins"), Permission.SEE_CONSUMER_ORDERS),
        ("campaigns", _("Campaigns"), Permission.SEE_CONSUMER_ORDERS),
        ("online_terms", _("Online terms"), Permission.SEE_CONSUMER_ORDERS),
    )
    return [
        {"label": label, "url": reverse(f"console:{name}"), "active": name == here}
        for name, label, permission in parts
        if request.portal.may(permission)
    ]


@require_safe
def sourcing(request: PortalRequest) -> HttpResponse:
    """The first part of sourcing that the reader may open."""
    return redirect(tabs(request, "")[0]["url"])


@require_safe
def sourcing_sets(request: PortalRequest) -> HttpResponse:
    """The live set, drafts, and those that were live; the same statements for any number."""
    found = RuleSet.objects.select_related("made_by", "live_by").annotate(
        active=Count("rules", filter=Q(rules__is_active=True))
    )
    live = found.filter(state=RuleSetState.LIVE).first()
    page = page_of(found.exclude(state=RuleSetState.LIVE), NEWEST_FIRST, PAGE_SIZE, request.GET)
    context = {
        "tabs": tabs(request, "sourcing_sets"),
        "live": live,
        "page": page,
        "tones": TONES,
        "rows": [{"set": each, "tone": TONES[each.state]} for each in ([live] if live else []) + page.rows],
        "may_edit": request.portal.may(Permission.MANAGE_SOURCING),
    }
    return render(request, "console/sourcing/sets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sourcing_set_add(request: PortalRequest) -> HttpResponse:
    """Make a draft: empty, or with the rules of the live set or another one (`from` in the address)."""
    form = NewSetForm(request.POST if request.method == "POST" else None, origin=request.GET.get("from", ""))
    if request.method == "POST" and form.is_valid():
        name, note, origin = (form.cleaned_data[part] for part in ("name", "note", "origin"))
        if origin:
            draft = ruleedit.copy(int(origin), name, by=request.user, note=note)
        else:
            draft = ruleedit.new_draft(name, by=request.user, note=note)
        messages.success(request, _("The draft is made. Nothing holds before you publish it."))
        return redirect("console:sourcing_set", draft.pk)
    context = {"form": form, "crumbs": [_top(), (_("New draft"), "")]}
    return render(request, "console/sourcing/set_add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def sourcing_set(request: PortalRequest, pk: int) -> HttpResponse:
    """One set with its rules in order and what was changed; a draft is renamed here."""
    found = get_object_or_404(RuleSet.objects.select_related("copied_from", "made_by", "live_by"), pk=pk)
    may_edit = request.portal.may(Permission.MANAGE_SOURCING)
    if request.method == "POST" and not may_edit:
        raise Http404
    form = RuleSetForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_bound and form.is_valid():
        try:
            ruleedit.rename(pk, form.cleaned_data["name"], form.cleaned_data["note"], by=request.user)
        except ChangeRefused as why:
            messages.error(request, why.message)
        else:
            messages.success(request, _("Saved."))
        return redirect("console:sourcing_set", pk)
    rules = list(found.rules.order_by("position"))
    names, moved, way = Names.of(rules), request.GET.get("moved", ""), request.GET.get("way", "")
    last = len(rules) - 1
    context = {
        "set": RuleSet.objects.get(pk=pk) if form.errors else found,
        "tone": TONES[found.state],
        "rows": [
            rule_row(rule, names) | {"first": place == 0, "last": place == last, "focus": _focus(rule.pk, moved, way)}
            for place, rule in enumerate(rules)
        ],
        "form": form,
        "is_draft": found.state == RuleSetState.DRAFT,
        "may_edit": may_edit,
        "changes": rule_changes(changes_of(What.RULES, str(pk))[:MOST_CHANGES]),
        "crumbs": [_top(), (found.name, "")],
    }
    return render(request, "console/sourcing/set.html", context, status=422 if form.errors else 200)


def _focus(pk: int, moved: str, way: str) -> str:
    """Which button of the row goes on from the last move: up, down or none."""
    return way if moved == str(pk) else ""


@require_http_methods(["GET", "HEAD", "POST"])
def sourcing_set_publish(request: PortalRequest, pk: int) -> HttpResponse:
    """What the draft says otherwise than the live set; and making it live, if neither changed since."""
    draft = get_object_or_404(RuleSet, pk=pk, state=RuleSetState.DRAFT)
    if request.method == "POST":
        try:
            ruleedit.publish(
                pk,
                by=request.user,
                instead_of=_whole(request.POST.get("instead_of", "")),
                seen=_whole(request.POST.get("seen", "")) or 0,
            )
        except ChangeRefused as why:
            messages.error(request, why.message)
            return redirect("console:sourcing_set_publish", pk)
        messages.success(request, _("%(name)s is live. Orders are routed by it from now on.") % {"name": draft.name})
        return redirect("console:sourcing_set", pk)
    live = ruleedit.live_set()
    differences = ruleedit.difference(live, draft)
    rows = difference_rows(differences)
    context = {
        "set": draft,
        "live": live,
        "rows": rows,
        "same": len(differences) - len(rows),
        "seen": last_change(What.RULES, str(pk)),
        "can_publish": draft.rules.filter(is_active=True).exists(),
        "crumbs": [_top(), (draft.name, reverse("console:sourcing_set", args=[pk])), (_("Publish"), "")],
        "sub": ngettext("%(count)s rule differs", "%(count)s rules differ", len(rows)) % {"count": len(rows)},
    }
    return render(request, "console/sourcing/publish.html", context)


@require_POST
def sourcing_set_discard(request: PortalRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    draft = get_object_or_404(RuleSet, pk=pk)
    try:
        ruleedit.discard(pk, by=request.user)
    except ChangeRefused as why:
        messages.error(request, why.message)
        return redirect("console:sourcing_set", pk)
    messages.success(request, _("The draft %(name)s is discarded.") % {"name": draft.name})
    return redirect("console:sourcing_sets")


def _top() -> tuple[str, str]:
    return _("Sourcing rules"), reverse("console:sourcing_sets")


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
