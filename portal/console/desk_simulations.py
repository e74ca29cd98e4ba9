"""Simulations of sourcing rules: asking for one, watching it, and both sides beside each other."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.http import require_POST, require_safe

from fulfilment.allocation.models import RuleSet, RuleSetState
from fulfilment.consumer.models import Channel
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.keyset import PAGE_SIZE, PK, Key, page_of, turned, whole
from portal.console.desk_jobs import JOB_KINDS
from portal.console.simulation_words import (
    comparison,
    dealer_rows,
    difference_rows,
    export_sheets,
    outcome_parts,
    refusal_rows,
)
from portal.sourcing.models import JobState, Simulation
from portal.sourcing.running import stop
from portal.sourcing.simulation import FEW_ORDERS, MOST_ORDERS, SimulationRefused, ask
from portal.sourcing.simulation_tasks import wake_simulation

BY_POSITION = (Key("position", whole), PK)
#: Dealers on the page; the workbook has all.
MOST_DEALERS = 40


class SimulationForm(forms.Form):
    """Which rules are tried, on how many orders, and whether their own choices use up stock."""

    draft = forms.ModelChoiceField(label=t("Rules to try"), queryset=RuleSet.objects.none(), empty_label=None)
    currency = forms.ChoiceField(label=t("Orders in"))
    wanted = forms.IntegerField(label=t("The last orders"), min_value=1, max_value=MOST_ORDERS, initial=500)
    runs_down = forms.BooleanField(
        label=t("Stock runs down"),
        required=False,
        initial=True,
        help_text=t(
            "Each order is decided on the stock, capacity and budgets that were kept with it then. With this, both "
            "sides also count what their own choices took from the orders before, in place of what was really taken. "
            "Every dealer is taken to accept at once, and what happened besides these orders stays as it was. Without "
            "it every order is decided by itself, so one piece may be given away several times. Either way orders "
            "that were decided together then are decided one after the other here."
        ),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        sets: Any = self.fields["draft"]
        sets.queryset = RuleSet.objects.exclude(state=RuleSetState.LIVE)
        sets.label_from_instance = lambda each: f"{each.name} ({each.get_state_display()})"
        currencies = Channel.objects.order_by("currency").values_list("currency", flat=True).distinct()
        money: Any = self.fields["currency"]
        money.choices = [(code, code) for code in currencies]


@require_safe
def simulations(request: PortalRequest) -> HttpResponse:
    """The simulations, newest first, and what another one asks."""
    return _list(request, SimulationForm(initial=_initial(request)))


@require_POST
def simulation_ask(request: PortalRequest) -> HttpResponse:
    """Ask for a simulation; a worker carries it out."""
    form = SimulationForm(request.POST)
    if not form.is_valid():
        return _list(request, form)
    said = form.cleaned_data
    try:
        with transaction.atomic():
            made = ask(
                said["draft"],
                currency=said["currency"],
                wanted=said["wanted"],
                runs_down=said["runs_down"],
                by=request.user,
            )
            transaction.on_commit(lambda: wake_simulation(made.pk))
    except SimulationRefused as why:
        form.add_error(None, why.message)
        return _list(request, form)
    return redirect("console:simulation", made.pk)


def _list(request: PortalRequest, form: SimulationForm) -> HttpResponse:
    page = page_of(_simulations(), turned(PK), PAGE_SIZE, request.GET)
    context = {
        "form": form if request.portal.may(Permission.WORK_CONSUMER_ORDERS) else None,
        "drafts": RuleSet.objects.exclude(state=RuleSetState.LIVE).exists(),
        "page": page,
        "rows": [{"simulation": each, "kind": JOB_KINDS[JobState(each.state)]} for each in page.rows],
    }
    return render(request, "console/desk/simulations.html", context, status=422 if form.errors else 200)


@require_safe
def simulation(request: PortalRequest, pk: int) -> HttpResponse:
    """One simulation: its progress, then both sides beside each other and the orders on which they differ."""
    found = get_object_or_404(_simulations(), pk=pk)
    context = {**_panel(request, found), "simulation": found, "few": 0 < found.total < FEW_ORDERS}
    if found.result is not None:
        orders = found.orders.filter(differs=True).select_related("order__channel")
        page = page_of(orders, BY_POSITION, PAGE_SIZE, request.GET)
        dealers = dealer_rows(found.result)
        context |= {
            "comparison": comparison(found.result, found.currency),
            "outcomes": [
                (found.live_name, outcome_parts(found.result["live"])),
                (found.draft_name, outcome_parts(found.result["draft"])),
            ],
            "dealers": dealers[:MOST_DEALERS],
            "dealer_count": len(dealers),
            "refusals": refusal_rows(found.result),
            "page": page,
            "differences": difference_rows(page.rows),
            "share": _share(found.result["differences"], found.total),
        }
    return render(request, "console/desk/simulation.html", context)


@require_safe
def simulation_progress(request: PortalRequest, pk: int) -> HttpResponse:
    """The panel of the progress alone; when it is over the browser loads the whole page."""
    found = get_object_or_404(Simulation, pk=pk)
    response = render(request, "console/desk/_job.html", _panel(request, found))
    if found.is_over:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def simulation_stop(request: PortalRequest, pk: int) -> HttpResponse:
    """Stop a simulation that is not finished."""
    stop(get_object_or_404(Simulation, pk=pk))
    return redirect("console:simulation", pk)


@require_safe
def simulation_export(request: PortalRequest, pk: int) -> FileResponse:
    """Everything of a finished simulation as Excel."""
    found = get_object_or_404(Simulation, pk=pk, state=JobState.DONE)
    return excel(f"simulation-{found.pk}-{timezone.localdate():%Y%m%d}", export_sheets(found))


def _simulations() -> Any:
    return Simulation.objects.select_related("asked_by", "draft", "live")


def _initial(request: PortalRequest) -> dict[str, Any]:
    """The draft that another screen asks to try."""
    return {"draft": request.GET["draft"]} if request.GET.get("draft", "").isdigit() else {}


def _share(part: int, of: int) -> Decimal:
    return (Decimal(part) * 100 / of).quantize(Decimal("0.1")) if of else Decimal(0)


def _panel(request: PortalRequest, found: Simulation) -> dict[str, Any]:
    return {
        "job": found,
        "kind": JOB_KINDS[JobState(found.state)],
        "works": request.portal.may(Permission.WORK_CONSUMER_ORDERS),
        "poll_url": reverse("console:simulation_progress", args=[found.pk]),
        "stop_url": reverse("console:simulation_stop", args=[found.pk])
        if request.portal.may(Permission.WORK_CONSUMER_ORDERS)
        else "",
        "stop_effect": _("What was worked out so far is not shown."),
        "crumbs": [(_("Simulations"), reverse("console:simulations")), (found.draft_name, "")],
    }
