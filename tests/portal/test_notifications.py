"""Who is told of what, in which language, once; and that a mail that cannot leave is not lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction
from django.urls import reverse

from dealers.accounts.models import Language
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.review import approve, reject
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.shipping.record import ShipmentData, ShippedLine, record_shipment
from portal.notifications.models import Mail, MailState
from portal.notifications.send import MAX_ATTEMPTS, send_due_mail
from tests.factories import World


@pytest.fixture
def order(world: World) -> DealerOrder:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 10})
    return submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk), by=world.alice)


def test_the_rep_is_told_of_a_new_order(world: World, order: DealerOrder) -> None:
    (queued,) = Mail.objects.all()
    assert queued.recipient == world.rita.email
    assert order.number in queued.subject
    assert reverse("console:order", args=[order.number]) in queued.text


def test_the_buyer_is_told_of_the_decision_in_their_language(world: World, order: DealerOrder) -> None:
    world.alice.language = Language.CHINESE
    world.alice.save()
    reject(order.pk, by=world.rita, reason="<b>Wrong</b> model")
    queued = Mail.objects.get(recipient=world.alice.email)
    assert "&lt;b&gt;Wrong&lt;/b&gt;" in queued.html
    assert "<b>Wrong</b> model" in queued.text
    assert any("\u4e00" <= letter <= "\u9fff" for letter in queued.subject)


def test_approval_and_shipment_are_mailed_once_each(world: World, order: DealerOrder) -> None:
    approve(order.pk, by=world.rita)
    approve(order.pk, by=world.rita)
    goods = ShipmentData("S1", order.number, datetime(2026, 11, 2, tzinfo=UTC), [ShippedLine(1, 4)], "DHL", "TRACK-77")
    record_shipment(goods)
    record_shipment(goods)
    subjects = list(Mail.objects.filter(recipient=world.alice.email).order_by("pk").values_list("subject", flat=True))
    assert len(subjects) == 2
    assert "TRACK-77" in Mail.objects.get(subject=subjects[1]).text


def test_a_decision_that_is_undone_leaves_no_mail(world: World, order: DealerOrder) -> None:
    with transaction.atomic():
        approve(order.pk, by=world.rita)
        transaction.set_rollback(True)
    assert not Mail.objects.filter(recipient=world.alice.email).exists()


def test_queued_mail_leaves_once(world: World, order: DealerOrder) -> None:
    assert send_due_mail() == 1
    assert send_due_mail() == 0
    (sent,) = mail.outbox
    assert sent.to == [world.rita.email]
    assert sent.alternatives


def test_a_mail_that_cannot_leave_is_tried_again_and_given_up_in_the_open(
    world: World, order: DealerOrder, monkeypatch: Any
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError("mail server is down")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    assert send_due_mail() == 0
    queued = Mail.objects.get()
    assert (queued.state, queued.attempts, queued.error) == (MailState.PENDING, 1, "mail server is down")
    assert send_due_mail() == 0, "not before its time"
    Mail.objects.update(attempts=MAX_ATTEMPTS - 1, next_at=queued.created_at)
    send_due_mail()
    assert Mail.objects.get().state == MailState.FAILED


def test_the_mails_open_the_pages_of_the_order(world: World, order: DealerOrder) -> None:
    approve(order.pk, by=world.rita)
    texts = dict(Mail.objects.values_list("recipient", "text"))
    assert f"/console/orders/{order.number}/" in texts[world.rita.email]
    assert f"/shop/orders/{order.number}/" in texts[world.alice.email]
