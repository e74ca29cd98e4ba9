"""One sourcing rule: adding, changing, moving and removing it in a draft; reading it in any set."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dealers.accounts.models import Dealer
from fulfilment.allocation import ruleedit
from fulfilment.allocation.change import ChangeRefused, What, last_change
from fulfilment.allocation.models import ConsumerCampaign, RuleSet, RuleSetState, SourcingRule
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.console.sourcing_rule_forms import PANELS, SourcingRuleForm
from portal.console.sourcing_words import Names, field_name, rule_row, said


@require_http_methods(["GET", "HEAD", "POST"])
def sourcing_rule_add(request: PortalRequest, pk: int) -> HttpResponse:
    """The form for a new rule of a draft, and saving it at the end."""
    draft = get_object_or_404(RuleSet, pk=pk, state=RuleSetState.DRAFT)
    return _edit(request, SourcingRule(rule_set=draft))


@require_http_methods(["GET", "HEAD", "POST"])
def sourcing_rule(request: PortalRequest, pk: int) -> HttpResponse:
    """A rule; those who may change it do so here while its set is a draft."""
    rule = get_object_or_404(SourcingRule.objects.select_related("rule_set"), pk=pk)
    may_edit = request.portal.may(Permission.MANAGE_SOURCING)
    if may_edit and rule.rule_set.state == RuleSetState.DRAFT:
        return _edit(request, rule)
    if request.method == "POST":
        if not may_edit:
            raise Http404
        messages.error(request, _("This set is or was live and is not changed any more. Copy it and change the copy."))
        return redirect("console:sourcing_rule", pk)
    context = {
        "rule": rule,
        "row": rule_row(rule, Names.of([rule])),
        "panels": [
            {"title": title, "facts": [_fact(rule, name) for name, _width in fields if name != "name"]}
            for title, _note, fields in PANELS
        ],
        "crumbs": _crumbs(rule.rule_set, rule.name),
    }
    return render(request, "console/sourcing/rule_facts.html", context)


@require_POST
def sourcing_rule_move(request: PortalRequest, pk: int) -> HttpResponse:
    """Move a rule of a draft one place up or down (`way`)."""
    rule = get_object_or_404(SourcingRule, pk=pk)
    way = "up" if request.POST.get("way") == "up" else "down"
    try:
        ruleedit.move(pk, -1 if way == "up" else 1, by=request.user)
    except ChangeRefused as why:
        messages.error(request, why.message)
    url = reverse("console:sourcing_set", args=[rule.rule_set_id])
    return redirect(f"{url}?moved={pk}&way={way}")  # a fragment would keep the browser from focusing


@require_POST
def sourcing_rule_remove(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a rule out of its draft."""
    rule = get_object_or_404(SourcingRule, pk=pk)
    try:
        ruleedit.remove_rule(pk, by=request.user)
    except ChangeRefused as why:
        messages.error(request, why.message)
    else:
        messages.success(request, _("The rule %(name)s is removed.") % {"name": rule.name})
    return redirect("console:sourcing_set", rule.rule_set_id)


def _edit(request: PortalRequest, rule: SourcingRule) -> HttpResponse:
    seen = last_change(What.RULES, str(rule.rule_set_id))
    form = SourcingRuleForm(request.POST if request.method == "POST" else None, instance=rule, seen=seen)
    if request.method == "POST" and form.is_valid():
        try:
            differed = ruleedit.save_rule(form.instance, by=request.user, seen=form.cleaned_data["seen"] or 0)
        except ChangeRefused as why:
            form.add_error(why.field if why.field in form.fields else None, why.message)
            again = request.POST.copy()
            again["seen"] = str(seen)
            form.data = again
        else:
            if differed:
                messages.success(request, _("The rule is saved in the draft."))
            else:
                messages.info(request, _("Nothing was different, so nothing was changed."))
            return redirect("console:sourcing_set", rule.rule_set_id)
    stored = SourcingRule.objects.filter(pk=rule.pk).first() if rule.pk else None
    context: dict[str, Any] = {
        "form": form,
        "rule": stored,
        "set": rule.rule_set,
        "row": rule_row(stored, Names.of([stored])) if stored else None,
        "campaigns": ConsumerCampaign.objects.order_by("code"),
        "dealers": Dealer.objects.order_by("number"),
        "crumbs": _crumbs(rule.rule_set, stored.name if stored else _("New rule")),
    }
    return render(request, "console/sourcing/rule.html", context, status=422 if form.errors else 200)


def _fact(rule: SourcingRule, name: str) -> tuple[str, str]:
    return field_name(SourcingRule, name), said(SourcingRule, name, getattr(rule, name)) or "–"


def _crumbs(rule_set: RuleSet, name: str) -> list[tuple[str, str]]:
    return [
        (_("Sourcing rules"), reverse("console:sourcing_sets")),
        (rule_set.name, reverse("console:sourcing_set", args=[rule_set.pk])),
        (name, ""),
    ]
