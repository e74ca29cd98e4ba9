"""Consumer orders in words: how long there is, where it goes, how far it is, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from fulfilment.allocation.models import (
    Allocation,
    AllocationState,
    DeclineReason,
    Offer,
    OfferState,
    OfferStep,
)
from fulfilment.consumer.models import Method
from portal.components.formats import format_amount, format_quantity
from portal.shop.timeline import TimelineStep

MINUTE, HOUR, DAY = 60, 3_600, 86_400

#: Codes that stand in steps instead of words.
NOTES = {
    "pickup-code": gettext_lazy("By the consumer's pickup code"),
    "handed-over": gettext_lazy("Handed over at the counter"),
    "by-channel": gettext_lazy("As the shop says"),
    "order-cancelled": gettext_lazy("The shop cancelled the order"),
    "order-changed": gettext_lazy("The shop changed the order"),
    "asks to leave": gettext_lazy("You asked to leave the order"),
    **{reason.value: reason.label for reason in DeclineReason},
}
HEADINGS = {
    "n": pgettext_lazy("direction", "north"),
    "ne": pgettext_lazy("direction", "north-east"),
    "e": pgettext_lazy("direction", "east"),
    "se": pgettext_lazy("direction", "south-east"),
    "s": pgettext_lazy("direction", "south"),
    "sw": pgettext_lazy("direction", "south-west"),
    "w": pgettext_lazy("direction", "west"),
    "nw": pgettext_lazy("direction", "north-west"),
}


def duration(seconds: float) -> str:
    """A length of time in its two largest units, rounded down: "2 h 10 min", "3 d 4 h"."""
    left = int(max(seconds, 0))
    days, hours, minutes = left // DAY, left % DAY // HOUR, left % HOUR // MINUTE
    if days:
        return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)s min") % {"minutes": minutes} if minutes else _("less than a minute")


def time_left(until: datetime | None, now: datetime) -> str:
    """How long there is until a moment, or how long it is past."""
    if until is None:
        return ""
    seconds = (until - now).total_seconds()
    if seconds <= 0:
        return _("%(time)s late") % {"time": duration(-seconds)} if seconds <= -MINUTE else _("now")
    return _("%(time)s left") % {"time": duration(seconds)}


def is_urgent(until: datetime | None, now: datetime) -> bool:
    """Less than an hour, or past."""
    return until is not None and (until - now).total_seconds() < HOUR


def distance_words(metres: int, heading: str = "") -> str:
    """A distance as people say it, with the direction where it is known."""
    far = _("%(km)s km") % {"km": format_quantity(round(metres / 1000))} if metres >= 1_500 else _("about 1 km")
    return _("%(far)s %(direction)s") % {"far": far, "direction": HEADINGS[heading]} if heading else far


def note_of(step: OfferStep) -> str:
    """A step's note as a person reads it."""
    if step.note in NOTES:
        return str(NOTES[step.note])
    kind, _colon, rest = step.note.partition(":")
    if kind == "no-code":
        return _("Without a code: %(reason)s") % {"reason": rest.strip()}
    if step.note.startswith("returned "):
        return _("Pieces that came back: %(number)s") % {"number": step.note.removeprefix("returned ")}
    return step.note


def state_word(step: OfferStep) -> str:
    """Where a step led to."""
    if step.to_state == OfferState.SENT and step.from_state:
        return str(AllocationState.SENT.label)  # the two tables share the code, and offers are sent from nowhere
    for states in (OfferState, AllocationState):
        if step.to_state in states.values:
            return str(states(step.to_state).label)
    return step.to_state


def allocation_of(offer: Offer) -> Allocation | None:
    """What the dealer holds of an offer that was accepted; None while or where it was not."""
    found: Allocation | None = getattr(offer, "allocation", None)
    return found


def chip_of(offer: Offer) -> tuple[str, str]:
    """The state of an offer, or of what came of it, and the colour of its chip."""
    allocation = allocation_of(offer)
    if allocation is None:
        if offer.state == OfferState.SENT:
            return _("Waiting for your answer"), "warn"
        kinds = {OfferState.ACCEPTED: "good"}
        return str(offer.get_state_display()), kinds.get(OfferState(offer.state), "neutral")
    kinds_held = {
        AllocationState.ACCEPTED: "warn",
        AllocationState.PACKED: "progress",
        AllocationState.SENT: "progress",
        AllocationState.CANCELLED: "bad",
    }
    return str(allocation.get_state_display()), kinds_held.get(AllocationState(allocation.state), "good")


def timeline_of(offer: Offer, steps: Sequence[OfferStep]) -> list[TimelineStep]:
    """Accepted → packed → sent or handed over → with the consumer."""
    allocation = allocation_of(offer)
    if allocation is None:
        return []
    delivered = offer.order.method == Method.DELIVERY
    # A step that corrects something stays in its state. Of several parcels the last says who sent.
    moves = [step for step in steps if step.from_state != step.to_state]
    by = {step.to_state: step.by_name for step in moves if step.from_state or step.to_state != OfferState.SENT}
    left = pgettext("goods", "Sent") if delivered else _("Handed over")
    moments = (
        (_("Accepted"), allocation.accepted_at, by.get(OfferState.ACCEPTED, "")),
        (_("Packed"), allocation.packed_at or allocation.sent_at, by.get(AllocationState.PACKED, "")),
        (left, allocation.sent_at, by.get(AllocationState.SENT, "")),
        (_("With the consumer"), allocation.completed_at, by.get(AllocationState.COMPLETED, "")),
    )
    found, current = [], allocation.state != AllocationState.CANCELLED
    for label, when, who in moments:
        if when is not None:
            found.append(TimelineStep(label, "done", who, when))
        elif current:
            found.append(TimelineStep(label, "current", note=_next(allocation, delivered)))
            current = False
        else:
            found.append(TimelineStep(label, "todo"))
    if allocation.state == AllocationState.CANCELLED:
        place = next((at for at, step in enumerate(found) if step.state == "todo"), len(found) - 1)
        found[place] = TimelineStep(found[place].label, "failed", when=allocation.cancelled_at, note=_("Cancelled"))
    return found


def _next(allocation: Allocation, delivered: bool) -> str:
    return {
        AllocationState.ACCEPTED: _("Waiting for you"),
        AllocationState.PACKED: _("Waiting for you") if delivered else _("Waiting for the consumer"),
        AllocationState.SENT: _("On its way"),
    }.get(AllocationState(allocation.state), "")


def money_of(offer: Offer) -> str:
    """What the dealer keeps, with its currency."""
    return f"{format_amount(offer.keeps)} {offer.currency}"
