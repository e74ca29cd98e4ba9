"""Handing goods over without a code: one person of the dealer asks with a reason, another one decides."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from dealers.accounts.models import Membership, User
from dealers.sentences import worded as _
from fulfilment.allocation import held
from fulfilment.allocation.models import Allocation
from fulfilment.consumer.models import Method
from fulfilment.handover.models import PickupLine, PickupOverride
from fulfilment.handover.pickup import close
from fulfilment.handover.refusals import HandoverRefused


def ask(allocation_id: int, line_ids: Collection[int], *, by: User, reason: str) -> PickupOverride:
    """Ask for a second person's consent. The question that is open already comes back unchanged.

    Refuses deliveries, lines that are not at the outlet any more, no reason, and people of another company.
    """
    with transaction.atomic():
        allocation = held.lock(allocation_id)
        _require_member(allocation, by)
        if not reason.strip():
            raise HandoverRefused(_("Say why there is no code, and how you know the consumer."))
        if allocation.order.method == Method.DELIVERY:
            raise HandoverRefused(_("This order is delivered, not picked up."))
        lines = set(
            allocation.lines.filter(pk__in=line_ids, sent_at=None, cancelled_at=None).values_list("pk", flat=True)
        )
        if not lines or len(lines) != len(set(line_ids)) or allocation.state not in held.OPEN:
            raise HandoverRefused(_("Choose lines of this order that are still here."))
        made, _new = PickupOverride.objects.get_or_create(
            allocation=allocation,
            approved=None,
            defaults={"line_ids": sorted(lines), "reason": reason.strip()[:500], "asked_by": by},
        )
    return made


def decide(override_id: int, *, by: User, approved: bool) -> PickupOverride:
    """Consent, which hands the lines over, or refuse. Decided the same way before: nothing happens.

    Refuses the consent of who asked; the same person may take the question back.
    """
    with transaction.atomic():
        allocation = held.lock(PickupOverride.objects.values_list("allocation", flat=True).get(pk=override_id))
        override = PickupOverride.objects.select_related("asked_by").get(pk=override_id)
        _require_member(allocation, by)
        if override.approved is not None:
            if override.approved is approved:
                return override
            raise HandoverRefused(_("This was decided already."))
        if approved and override.asked_by_id == by.pk:
            raise HandoverRefused(_("A second person has to consent, not the one who asked."))
        override.approved, override.decided_at, override.decided_by = approved, timezone.now(), by
        override.save()
        if approved and not _hand_over(allocation, override, by):
            raise HandoverRefused(_("All of it has been handed over already."))
    return override


def _hand_over(allocation: Allocation, override: PickupOverride, by: User) -> int:
    lines = held.send(allocation.pk, override.line_ids, by=by, note=f"no-code: {override.reason}")
    PickupLine.objects.filter(line__in=[line.pk for line in lines], handed_at=None, code__voided_at=None).update(
        handed_at=override.decided_at, handed_by=by, handed_by_name=by.get_full_name()[:200]
    )
    close(allocation.pk, by=by)
    return len(lines)


def _require_member(allocation: Allocation, by: User) -> None:
    if not Membership.objects.filter(dealer=allocation.dealer_id, user=by, is_active=True).exists():
        raise HandoverRefused(_("Only people of the dealer that holds the order can do this."))
