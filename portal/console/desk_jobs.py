"""Many orders at once: confirm with a reason, watch the progress, read what did not work and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from fulfilment.allocation.situation import clock
from fulfilment.consumer.models import ConsumerOrder
from portal.access.portal import PortalRequest
from portal.components.downloads import excel
from portal.components.formats import format_quantity
from portal.components.keyset import PAGE_SIZE, PK, page_of, without_place
from portal.console.desk import OLDEST_FIRST, queue_of
from portal.console.desk_filter import DeskFilter
from portal.console.desk_forms import ids_of
from portal.documents.workbooks import Column, Sheet
from portal.sourcing.deskwork import AT_ONCE, MOST_ORDERS, ask, run
from portal.sourcing.models import DeskJob, DeskVerb, ItemState, JobState
from portal.sourcing.running import stop
from portal.sourcing.simulation_tasks import wake_desk_job

#: Orders named on the page that confirms.
NAMED = 12
JOB_KINDS = {
    JobState.QUEUED: "neutral",
    JobState.RUNNING: "progress",
    JobState.DONE: "good",
    JobState.STOPPED: "neutral",
    JobState.REFUSED: "bad",
}
ITEM_KINDS = {ItemState.WAITING: "neutral", ItemState.DONE: "good", ItemState.REFUSED: "bad"}
EFFECTS = {
    DeskVerb.REROUTE: t("Open offers are withdrawn, and the orders are routed again. What dealers accepted stays."),
    DeskVerb.WAREHOUSE: t("Open offers are withdrawn. The supplier's warehouse sends what no dealer has accepted."),
    DeskVerb.CANCEL: t("What no dealer has accepted is cancelled. The channel has to give the consumers' money back."),
}


class ConfirmForm(forms.Form):
    """What is done to which orders, and why. `key` makes that it is done once, however often it is sent."""

    verb = forms.ChoiceField(choices=DeskVerb.choices, widget=forms.HiddenInput)
    orders = forms.CharField(widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)
    note = forms.CharField(label=t("Reason"), max_length=500, help_text=t("Kept with the history of every order."))

    def clean_orders(self) -> list[int]:
        """The keys of the orders; refuses none and too many."""
        keys = sorted(set(ids_of(self.cleaned_data["orders"].split(","))))
        if not keys or len(keys) > MOST_ORDERS:
            raise forms.ValidationError(
                _("Choose between 1 and %(most)s orders.") % {"most": format_quantity(MOST_ORDERS)}
            )
        return keys


@require_POST
def desk_confirm(request: PortalRequest) -> HttpResponse:
    """Say what would be done to the chosen orders, or to all of the list; nothing is done yet."""
    verb, query = request.POST.get("verb", ""), QueryDict(request.POST.get("query", "")[:2_000])
    keys = _whole_list(query) if request.POST.get("all") else sorted(set(ids_of(request.POST.getlist("order"))))
    if verb not in DeskVerb.values or not keys:
        messages.error(request, _("Choose orders first."))
        return redirect(f"{reverse('console:desk')}?{query.urlencode()}")
    form = ConfirmForm(initial={"verb": verb, "orders": ",".join(map(str, keys[:MOST_ORDERS])), "key": uuid4()})
    return _confirm(request, form, DeskVerb(verb), keys)


@require_POST
def desk_start(request: PortalRequest) -> HttpResponse:
    """Do it: few orders at once, many in the background; either way the job's page tells what came of it."""
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        verb = request.POST.get("verb", "")
        if verb not in DeskVerb.values or "orders" in form.errors or "key" in form.errors:
            messages.error(request, _("Choose orders first."))
            return redirect("console:desk")
        return _confirm(request, form, DeskVerb(verb), form.cleaned_data["orders"], status=422)
    said = form.cleaned_data
    there = list(ConsumerOrder.objects.filter(pk__in=said["orders"]).values_list("pk", flat=True))
    if not there:
        messages.error(request, _("Choose orders first."))
        return redirect("console:desk")
    job, new = ask(DeskVerb(said["verb"]), there, note=said["note"].strip(), by=request.user, key=said["key"])
    if new and job.total <= AT_ONCE:
        run(job.pk)
    elif new:
        wake_desk_job(job.pk)
    return redirect("console:desk_job", job.pk)


@require_safe
def desk_job(request: PortalRequest, pk: int) -> HttpResponse:
    """How far a job is, and what became of each order; what did not work stands first."""
    job = get_object_or_404(_jobs(), pk=pk)
    tab = request.GET.get("tab", "refused" if job.refused and job.is_over else "")
    found = job.items.filter(state=ItemState.REFUSED) if tab == "refused" else job.items.all()
    page = page_of(found.select_related("order__channel"), (PK,), PAGE_SIZE, request.GET)
    tabs = [("refused", _("Did not work"), job.refused), ("all", _("All"), job.total)]
    context = {
        **_panel(job),
        "tab": tab,
        "tabs": [
            {
                "label": word,
                "count": count,
                "active": code == (tab or "all"),
                "url": without_place(request.GET, tab=code),
            }
            for code, word, count in tabs
        ],
        "page": page,
        "rows": [{"item": item, "kind": ITEM_KINDS[ItemState(item.state)]} for item in page.rows],
        "crumbs": [(_("Allocation desk"), reverse("console:desk")), (job.get_verb_display(), "")],
    }
    return render(request, "console/desk/job.html", context)


@require_safe
def desk_job_progress(request: PortalRequest, pk: int) -> HttpResponse:
    """The panel of the progress alone; when it is over the browser loads the whole page."""
    job = get_object_or_404(_jobs(), pk=pk)
    response = render(request, "console/desk/_job.html", _panel(job))
    if job.is_over:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def desk_job_stop(request: PortalRequest, pk: int) -> HttpResponse:
    """Stop a job; what is done stays done."""
    stop(get_object_or_404(DeskJob, pk=pk))
    return redirect("console:desk_job", pk)


@require_safe
def desk_job_export(request: PortalRequest, pk: int) -> FileResponse:
    """What became of each order, as Excel."""
    job = get_object_or_404(DeskJob, pk=pk)
    columns = (Column(_("Order number")), Column(_("Channel")), Column(_("State")), Column(_("Result"), width=60))
    return excel(f"desk-job-{job.pk}", [Sheet(job.get_verb_display(), columns, _rows(job))])


def _rows(job: DeskJob) -> Iterator[tuple[object, ...]]:
    for item in job.items.select_related("order__channel").order_by("pk").iterator(chunk_size=1_000):
        yield item.order.external_number, item.order.channel.name, item.get_state_display(), item.message


def _jobs() -> Any:
    return DeskJob.objects.select_related("asked_by")


def _whole_list(query: QueryDict) -> list[int]:
    """The orders of the whole list that was shown, the oldest first."""
    form = DeskFilter(query, now=clock())
    found = form.in_queue(form.select(ConsumerOrder.objects.all()), queue_of(query))
    return list(found.order_by(*(key.name for key in OLDEST_FIRST)).values_list("pk", flat=True)[: MOST_ORDERS + 1])


def _confirm(
    request: PortalRequest, form: ConfirmForm, verb: DeskVerb, keys: list[int], status: int = 200
) -> HttpResponse:
    kept = keys[:MOST_ORDERS]
    named = ConsumerOrder.objects.filter(pk__in=kept).order_by("placed_at", "pk")
    many = len(kept)
    buttons = {
        DeskVerb.REROUTE: ngettext("Route %(many)s order again", "Route %(many)s orders again", many),
        DeskVerb.WAREHOUSE: ngettext(
            "Give %(many)s order to the warehouse", "Give %(many)s orders to the warehouse", many
        ),
        DeskVerb.CANCEL: ngettext("Cancel %(many)s order", "Cancel %(many)s orders", many),
    }
    context = {
        "form": form,
        "verb": verb,
        "title": buttons[verb] % {"many": format_quantity(many)},
        "effect": EFFECTS[verb],
        "named": list(named[:NAMED]),
        "more": max(0, many - NAMED),
        "cut": len(keys) > MOST_ORDERS,
        "most": MOST_ORDERS,
        "at_once": many <= AT_ONCE,
        "crumbs": [(_("Allocation desk"), reverse("console:desk")), (verb.label, "")],
    }
    return render(request, "console/desk/confirm.html", context, status=status)


def _panel(job: DeskJob) -> dict[str, Any]:
    return {
        "job": job,
        "kind": JOB_KINDS[JobState(job.state)],
        "left": job.total - job.done,
        "tells_left": job.total > job.done,
        "poll_url": reverse("console:desk_job_progress", args=[job.pk]),
        "stop_url": reverse("console:desk_job_stop", args=[job.pk]),
        "stop_effect": _("What is done stays done; the other orders are left as they are."),
    }
