"""The demo shows consumer orders at every step of their way, and what must hold of them holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from fulfilment.allocation.models import Allocation, ConsumerCampaign, Offer, OfferState, RuleSet
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.handover.models import PickupCode
from portal.demo import load as loading
from portal.demo.company import build
from portal.demo.company.dealers import DEMO_DEALER
from tests.fulfilment.allocation_oracle import assert_all_holds

TODAY = date(2026, 11, 20)


@pytest.fixture
def said(db: None, monkeypatch: Any, settings: Any, tmp_path: Path) -> list[str]:
    """What loading the demo, without most of its dealers' own orders, said."""
    settings.VAR = tmp_path
    company = build(TODAY)
    cut = replace(company, history=company.history[:3])
    monkeypatch.setattr(loading, "build", lambda day: cut)
    monkeypatch.setattr(loading.celery_app.control, "purge", lambda: 0)
    told: list[str] = []
    loading.load(TODAY, told.append)
    return told


def test_consumer_orders_stand_at_every_step(said: list[str]) -> None:
    states = Counter(ConsumerOrder.objects.values_list("state", flat=True))
    for state in ("offered", "allocated", "sent", "completed", "backlog", "address_unknown"):
        assert states[state], (state, states)
    assert states["backlog"] <= 4, states
    mine = Offer.objects.filter(dealer__number=DEMO_DEALER, state=OfferState.SENT)
    assert mine.count() >= 3
    assert mine.filter(campaign__isnull=False, top_up__gt=0).exists()
    of_mine = Counter(Allocation.objects.filter(dealer__number=DEMO_DEALER).values_list("state", flat=True))
    assert min(of_mine["accepted"], of_mine["packed"], of_mine["sent"]) >= 1, of_mine
    assert Allocation.objects.filter(state="settled").count() >= 5
    assert Offer.objects.filter(state=OfferState.DECLINED).exists()
    assert ConsumerOrder.objects.filter(left_lines__fate="supplier_warehouse").exists()
    assert PickupCode.objects.filter(voided_at=None, used_at=None).count() == 1
    assert any("Pickup code" in line for line in said)
    assert ConsumerCampaign.objects.filter(used__gt=0).exists()
    assert set(RuleSet.objects.values_list("state", flat=True)) == {"live", "draft"}
    assert_all_holds()


def test_what_is_past_is_dated_back(said: list[str]) -> None:
    oldest = Allocation.objects.filter(state="settled").earliest("accepted_at")
    assert (timezone.now() - oldest.accepted_at).days >= 20
    assert oldest.order.placed_at <= oldest.accepted_at
    assert oldest.order.steps.filter(at__lt=oldest.order.placed_at).count() == 0
