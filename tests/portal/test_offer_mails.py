"""Mails to dealers' people about consumer orders: once each, to who may answer, and nothing of the consumer in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dealers.accounts.models import DealerRole, Language
from fulfilment.allocation import held, offers, sweep
from fulfilment.allocation.models import Offer
from fulfilment.consumer import commands
from portal.notifications.models import Mail
from portal.notifications.offers import remind_offers, tell_of_offer
from portal.sourcing.tasks import sweep_offers
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.fulfilment.handover_samples import colleague, make_allocation, make_offer
from tests.portal.test_shop_consumer import SECRETS

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops(db: None) -> AllocationWorld:
    return make_allocation_world(2)


def subjects() -> list[tuple[str, str]]:
    return list(Mail.objects.order_by("pk").values_list("recipient", "subject"))


def test_everybody_who_may_answer_is_told_once(shops: AllocationWorld) -> None:
    cara = colleague(shops, "Cara", DealerRole.APPROVER)
    colleague(shops, "Finn", DealerRole.FINANCE)
    gone = colleague(shops, "Gone")
    gone.memberships.update(is_active=False)
    offer = make_offer(shops)
    tell_of_offer(offer=offer, step=offer.steps.get())
    boss = shops.shops[0].user
    assert subjects() == [(each.email, "Consumer order W-1 is offered to you") for each in (boss, cara)]
    text = Mail.objects.first().text  # type: ignore[union-attr]
    assert reverse("shop:consumer_offer", args=[offer.pk]) in text


def test_no_mail_says_who_the_consumer_is(shops: AllocationWorld) -> None:
    make_offer(shops, place_order(shops, "W-1", of("A"), of("B")))
    allocation = make_allocation(shops, place_order(shops, "W-2"))
    commands.cancel(shops.channel, "W-2", expected_version=1)
    withdrawn = make_offer(shops, place_order(shops, "W-3"))
    offers.withdraw(withdrawn.pk, by=shops.staff)
    assert Mail.objects.count() == 5
    for mail in Mail.objects.all():
        assert not [word for word in SECRETS if word in mail.text + mail.html + mail.subject]
    assert allocation.order_id != withdrawn.order_id


def test_it_is_in_the_language_of_who_reads_it(shops: AllocationWorld) -> None:
    boss = shops.shops[0].user
    boss.language = Language.CHINESE
    boss.save()
    make_offer(shops)
    assert "2026" not in Mail.objects.get().subject
    assert 'lang="zh-hans"' in Mail.objects.get().html


@pytest.mark.parametrize(("end", "words"), [("expire", "time to answer has passed"), ("withdraw", "was withdrawn")])
def test_an_offer_that_ends_is_told(shops: AllocationWorld, end: str, words: str) -> None:
    offer = make_offer(shops)
    if end == "expire":
        Offer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        sweep.expire_due()
    else:
        offers.withdraw(offer.pk, by=shops.staff)
    last = Mail.objects.order_by("pk").last()
    assert last is not None
    assert last.subject == "Consumer order W-1 is not offered to you any more"
    assert words in last.text


def test_who_answers_gets_no_mail_about_it(shops: AllocationWorld) -> None:
    make_allocation(shops, place_order(shops, "W-1"))
    offers.decline(make_offer(shops, place_order(shops, "W-2")).pk, by=shops.shops[0].user, reason="price")
    assert Mail.objects.count() == 2, "the two offers"


def test_what_is_given_without_asking_is_told_as_such(shops: AllocationWorld) -> None:
    offer = make_offer(shops, expires_at=None)
    offers.settle_accepted(offer.order, offer, by=None)
    assert [subject for _to, subject in subjects()] == ["Consumer order W-1 is yours to send"]


def test_a_cancelled_order_says_stop(shops: AllocationWorld) -> None:
    make_allocation(shops)
    commands.cancel(shops.channel, "W-1", expected_version=1)
    assert subjects()[-1][1] == "Stop: consumer order W-1 is cancelled"


def test_who_has_to_keep_an_order_is_told_so_with_the_answer(shops: AllocationWorld) -> None:
    allocation = make_allocation(shops)
    request = held.request_unclaim(allocation.pk, by=shops.shops[0].user, reason="capacity", note="Ill")
    for _twice in range(2):
        held.decide_unclaim(request.pk, by=shops.staff, granted=False, answer="Nobody else has it.")
    last = Mail.objects.order_by("pk").last()
    assert last is not None
    assert (last.subject, Mail.objects.count()) == ("Please send consumer order W-1", 2)
    assert "Nobody else has it." in last.text


def test_leaving_one_line_says_part(shops: AllocationWorld) -> None:
    allocation = make_allocation(shops, place_order(shops, "W-1", of("A"), of("B")))
    with transaction.atomic():
        locked = held.lock(allocation.pk)
        held.cancel_lines(locked, list(locked.lines.select_related("offer_line")[:1]), by=shops.staff)
    assert "Part of this order is cancelled" in Mail.objects.order_by("pk").last().text  # type: ignore[union-attr]


def test_a_reminder_comes_at_half_and_at_nine_tenths_once_each(shops: AllocationWorld) -> None:
    now = timezone.now()
    offer = make_offer(shops, remind_half_at=now - timedelta(seconds=1), remind_late_at=now + timedelta(hours=1))
    Mail.objects.all().delete()
    for _twice in range(2):
        sweep_offers()
    assert [subject for _to, subject in subjects()] == ["Consumer order W-1 waits for your answer"]
    Offer.objects.filter(pk=offer.pk).update(remind_late_at=now - timedelta(seconds=1))
    for _twice in range(2):
        sweep_offers()
    assert Mail.objects.count() == 2
    assert remind_offers(Offer.objects.filter(pk=offer.pk)) == 1
    assert Mail.objects.count() == 2, "the same reminder again is the same mail"


def test_telling_costs_the_same_for_many_people(shops: AllocationWorld, django_assert_max_num_queries: Any) -> None:
    for number in range(6):
        colleague(shops, f"Person{number}")
    offer = make_offer(shops)
    Mail.objects.all().delete()
    fresh, step = Offer.objects.get(pk=offer.pk), offer.steps.get()
    with django_assert_max_num_queries(6):
        tell_of_offer(offer=fresh, step=step)
    assert Mail.objects.count() == 7


def test_a_mail_that_cannot_be_made_undoes_the_count(shops: AllocationWorld, monkeypatch: Any) -> None:
    make_offer(shops, remind_half_at=timezone.now() - timedelta(seconds=1))

    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("no template")

    monkeypatch.setattr("portal.notifications.offers.queue_alike", broken)
    sweep_offers()
    assert Offer.objects.get().reminders == 0
