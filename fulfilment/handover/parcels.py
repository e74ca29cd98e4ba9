"""Sending what was accepted: lines in parcels, with who carries them, corrected where that was mistyped."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dealers.accounts.models import User
from dealers.sentences import worded as _
from fulfilment.allocation import held
from fulfilment.allocation.models import AllocationState, OfferStep
from fulfilment.consumer.models import Method
from fulfilment.handover.models import ConsumerParcel, ParcelLine
from fulfilment.handover.refusals import HandoverRefused

#: Until the consumer has everything, a parcel's carrier and number may be corrected.
CORRECTED_WHILE = (AllocationState.ACCEPTED, AllocationState.PACKED, AllocationState.SENT)


def send_parcel(
    allocation_id: int, line_ids: Collection[int], *, by: User, key: UUID, carrier: str = "", tracking_number: str = ""
) -> ConsumerParcel:
    """Let lines leave in one parcel. The same `key` again is the parcel it made.

    Refuses an order that is picked up, no lines, lines that left before, and what the dealer does not hold any more.
    """
    with transaction.atomic():
        allocation = held.lock(allocation_id)
        before = ConsumerParcel.objects.filter(key=key).first()
        if before is not None:
            if before.allocation_id == allocation.pk:
                return before
            raise HandoverRefused(_("This form was sent before. Open the order again."))
        if allocation.order.method != Method.DELIVERY:
            raise HandoverRefused(_("The consumer comes for this order. Hand it over by its code."))
        lines = held.send(allocation.pk, line_ids, by=by, note=f"{carrier} {tracking_number}".strip())
        if not lines or len(lines) != len(set(line_ids)):
            raise HandoverRefused(_("Choose the lines that are in this parcel and have not left yet."))
        parcel = ConsumerParcel.objects.create(
            allocation=allocation,
            key=key,
            carrier=carrier.strip()[:100],
            tracking_number=tracking_number.strip()[:100],
            sent_at=lines[0].sent_at or timezone.now(),
            by=by,
            by_name=by.get_full_name()[:200],
        )
        ParcelLine.objects.bulk_create(ParcelLine(parcel=parcel, line=line) for line in lines)
    return parcel


def correct_parcel(parcel_id: int, *, by: User, carrier: str, tracking_number: str) -> ConsumerParcel:
    """Say anew who carries a parcel, under which number; a step keeps both. The same as before changes nothing.

    Refuses once the consumer has everything of the dealer's.
    """
    with transaction.atomic():
        allocation = held.lock(ConsumerParcel.objects.values_list("allocation", flat=True).get(pk=parcel_id))
        parcel = ConsumerParcel.objects.get(pk=parcel_id)
        before = f"{parcel.carrier} {parcel.tracking_number}".strip()
        parcel.carrier, parcel.tracking_number = carrier.strip()[:100], tracking_number.strip()[:100]
        after = f"{parcel.carrier} {parcel.tracking_number}".strip()
        if after == before:
            return parcel
        if allocation.state not in CORRECTED_WHILE:
            raise HandoverRefused(_("The consumer has this parcel. Its number is not changed any more."))
        parcel.save(update_fields=["carrier", "tracking_number"])
        # No signal: nothing moved, and what left was booked when it left.
        OfferStep.objects.create(
            offer_id=allocation.pk,
            from_state=allocation.state,
            to_state=allocation.state,
            by=by,
            by_name=by.get_full_name()[:200],
            note=f"{before} → {after}",
        )
    return parcel
