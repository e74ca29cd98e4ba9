"""The one door to consumers' personal data, and how it is removed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from dealers.accounts.models import DealerRole, Membership, StaffRole, User
from fulfilment.consumer.data import ContactData
from fulfilment.consumer.models import ConsumerContact, ConsumerOrder, ConsumerStep, DeliveryState, WebhookDelivery

FIELDS = ("name", "phone", "email", "address_line1", "address_line2")
#: Orders, or webhooks, a sweep handles in one transaction.
SWEEP = 1_000


def contact_for(order: ConsumerOrder, user: User) -> ConsumerContact | None:
    """The consumer behind an order, for those who may know. Nobody else gets a row.

    These are administrators of the supplier, and those who fulfil orders at a dealer that has accepted some of it:
    never before the acceptance, and no more once it was taken back. A contact that was removed by policy comes back
    empty, with `removed_at`.
    """
    if not user.is_active or not (user.staff_role == StaffRole.ADMINISTRATOR or _fulfils(order, user)):
        return None
    return ConsumerContact.objects.filter(order=order).first()


def _fulfils(order: ConsumerOrder, user: User) -> bool:
    holders = order.allocations.exclude(state="cancelled").values("dealer")
    at_one = Membership.objects.filter(user=user, is_active=True, dealer__is_active=True, dealer__in=holders)
    return not user.staff_role and at_one.exclude(role=DealerRole.FINANCE).exists()


def remove_overdue(now: datetime | None = None) -> int:
    """Empty the personal data of orders that last moved longer ago than their channel keeps it; how many orders.

    Also empties settled webhooks of that age. Each order gets a step that says so. Repeated, it finds nothing more.
    """
    now = now or timezone.now()
    removed = 0
    while count := _remove_some(now):
        removed += count
    while _empty_webhooks(now):
        pass
    return removed


def _remove_some(now: datetime) -> int:
    with transaction.atomic():
        due = (
            ConsumerOrder.objects.filter(
                contact__isnull=False, contact__removed_at=None, state_at__lt=_limit(now, "channel__keep_days")
            )
            .order_by("pk")
            .select_for_update(of=("self",), skip_locked=True)
        )
        orders = list(due[:SWEEP])
        ids = [order.pk for order in orders]
        ConsumerContact.objects.filter(pk__in=ids).update(removed_at=now, **dict.fromkeys(FIELDS, ""))
        ConsumerStep.objects.bulk_create(
            ConsumerStep(order=order, from_state=order.state, to_state=order.state, at=now, note=REMOVED)
            for order in orders
        )
        return len(orders)


#: Kept as a code and worded on the screen, in the reader's language.
REMOVED = "contact-removed"


def _empty_webhooks(now: datetime) -> int:
    old = WebhookDelivery.objects.filter(body_removed_at=None).exclude(
        state__in=(DeliveryState.STORED, DeliveryState.EXCEPTION)
    )
    quiet = old.annotate(quiet_at=Coalesce("order__state_at", "settled_at", "received_at"))
    due = quiet.filter(quiet_at__lt=_limit(now, "channel__keep_days")).values("pk").order_by("pk")[:SWEEP]
    return WebhookDelivery.objects.filter(pk__in=list(due.values_list("pk", flat=True))).update(
        body=b"", body_removed_at=now
    )


def _limit(now: datetime, days: str) -> ExpressionWrapper[Any]:
    """`now` less the channel's days."""
    return ExpressionWrapper(Value(now) - F(days) * Value(timedelta(days=1)), output_field=DateTimeField())


def write_contacts(contacts: dict[int, ContactData]) -> None:
    """Write the contacts of orders in one statement; what was there is replaced."""
    ConsumerContact.objects.bulk_create(
        [
            ConsumerContact(order_id=order_id, **{name: getattr(data, name).strip() for name in FIELDS})
            for order_id, data in sorted(contacts.items())
        ],
        update_conflicts=True,
        unique_fields=["order"],
        update_fields=[*FIELDS, "removed_at"],
    )


def contacts_matching(text: str) -> Q:
    """Orders whose consumer a person means by a name, phone or e-mail; for those who may see contacts only."""
    return Q(contact__name__icontains=text) | Q(contact__phone__icontains=text) | Q(contact__email__iexact=text)
