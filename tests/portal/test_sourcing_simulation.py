"""Simulations: another set of rules on the orders that were decided last, with no order touched."""

from __future__ import annotations

import io
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from fulfilment.allocation import offers, routing
from fulfilment.allocation.models import (
    Allocation,
    ConsumerContract,
    Decision,
    Offer,
    OfferState,
    RuleSet,
    RuleSetState,
    SourcingRule,
)
from fulfilment.consumer.models import ConsumerOrder, ConsumerStep
from fulfilment.stock.models import OutletStock, OutletStockMove
from portal.console import desk_simulations
from portal.sourcing import simulation
from portal.sourcing.models import Simulation
from portal.sourcing.running import stop
from portal.sourcing.tally import gini, percentile
from tests.factories import make_user
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order


def draft_of(*rules: dict[str, Any], name: str = "Draft") -> RuleSet:
    made = RuleSet.objects.create(name=name, state=RuleSetState.DRAFT)
    for place, fields in enumerate(rules, start=1):
        SourcingRule.objects.create(
            rule_set=made, position=place, **{"name": f"draft {place}", "on_exhausted": "backlog", **fields}
        )
    return made


def decided(shops: AllocationWorld, many: int, *, accept: bool = True) -> list[ConsumerOrder]:
    orders = [place_order(shops, f"W-{number}", of("A")) for number in range(many)]
    for order in orders:
        assert routing.allocate(order.pk)
        if accept:
            offer = Offer.objects.get(order=order, state=OfferState.SENT)
            offers.accept(offer.pk, by=next(shop.user for shop in shops.shops if shop.dealer.pk == offer.dealer_id))
    return orders


def simulated(shops: AllocationWorld, draft: RuleSet, *, runs_down: bool = True) -> Simulation:
    asked = simulation.ask(draft, currency="EUR", wanted=100, runs_down=runs_down, by=shops.staff)
    simulation.run(asked.pk)
    asked.refresh_from_db()
    return asked


def units(found: Simulation, side: str) -> dict[str, int]:
    assert found.result is not None
    return {key: share["units"] for key, share in found.result[side]["dealers"].items()}


@pytest.mark.django_db
def test_the_same_rules_decide_every_order_as_it_was() -> None:
    shops = make_allocation_world(3, stock=2)
    decided(shops, 5)
    found = simulated(shops, draft_of({}))
    assert (found.state, found.done, found.result["differences"]) == ("done", 5, 0)  # type: ignore[index]
    first, second, third = (str(shop.dealer.pk) for shop in shops.shops)
    assert units(found, "live") == units(found, "draft") == {first: 2, second: 2, third: 1}


@pytest.mark.django_db
def test_stock_runs_down_by_each_sides_own_choices() -> None:
    shops = make_allocation_world(2, stock=2)
    decided(shops, 3)
    first, second = (str(shop.dealer.pk) for shop in shops.shops)
    draft = draft_of({"without_dealers": ["S-1"]})
    assert units(simulated(shops, draft), "draft") == {second: 2}
    assert units(simulated(shops, draft, runs_down=False), "draft") == {second: 3}
    assert units(simulated(shops, draft), "live") == {first: 2, second: 1}


@pytest.mark.django_db
def test_orders_and_stock_stay_untouched() -> None:
    shops = make_allocation_world(2)
    decided(shops, 3)
    models = (ConsumerOrder, ConsumerStep, Offer, Allocation, Decision, OutletStock, OutletStockMove)
    before = [list(model.objects.order_by("pk").values()) for model in models]  # type: ignore[attr-defined]
    simulated(shops, draft_of({"mode": "auto", "on_exhausted": "cancel"}))
    assert [list(model.objects.order_by("pk").values()) for model in models] == before  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_the_result_names_money_distance_and_refusals() -> None:
    shops = make_allocation_world(2)
    for shop, share in zip(shops.shops, (60, 40), strict=True):
        ConsumerContract.objects.filter(dealer=shop.dealer).update(entitlement=Decimal(share))
    decided(shops, 2)
    found = simulated(shops, draft_of({"within_km": 7, "without_dealers": ["S-1"]}))
    assert found.result is not None
    live, draft = found.result["live"], found.result["draft"]
    assert (live["lines"], draft["lines"]) == ({"offered": 2}, {"backlog": 2})
    assert (live["freight"], draft["freight"]) == (36_00, 0)
    assert live["mean_distance"] == live["far_distance"] == 5_000
    assert draft["mean_distance"] is None
    assert draft["refusals"] == {"rule_filter": 4}
    assert live["gini"] == 5_000
    assert found.result["differences"] == 2


@pytest.mark.django_db
def test_what_cannot_be_simulated_is_refused() -> None:
    shops = make_allocation_world(1)
    with pytest.raises(simulation.SimulationRefused, match="No order"):
        simulation.ask(draft_of({}), currency="EUR", wanted=9, runs_down=True, by=shops.staff)
    decided(shops, 1)
    with pytest.raises(simulation.SimulationRefused, match="no active rule"):
        simulation.ask(draft_of({"is_active": False}), currency="EUR", wanted=9, runs_down=True, by=shops.staff)
    RuleSet.objects.filter(state=RuleSetState.LIVE).update(state=RuleSetState.RETIRED)
    with pytest.raises(simulation.SimulationRefused, match="No rules are live"):
        simulation.ask(draft_of({}), currency="EUR", wanted=9, runs_down=True, by=shops.staff)


@pytest.mark.django_db
def test_records_of_another_version_are_left_out_and_counted() -> None:
    shops = make_allocation_world(1)
    decided(shops, 2)
    first = Decision.objects.earliest("pk")
    first.record["version"] = 0
    first.save()
    found = simulated(shops, draft_of({}))
    assert (found.without_record, found.orders.count()) == (1, 1)


@pytest.mark.django_db
def test_a_stopped_simulation_is_not_carried_out() -> None:
    shops = make_allocation_world(1)
    decided(shops, 1)
    asked = simulation.ask(draft_of({}), currency="EUR", wanted=9, runs_down=True, by=shops.staff)
    assert stop(asked)
    simulation.run(asked.pk)
    assert not asked.orders.exists()


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 1, 1], 0), ([0, 0, 0, 4], 7_500), ([1], None), ([0, 0], None), ([1, 3], 2_500)],
)
def test_gini(values: list[int], expected: int | None) -> None:
    assert gini([Fraction(value) for value in values]) == expected


def test_the_percentile_is_a_value_that_was_there() -> None:
    assert (percentile([], 95), percentile([7], 95), percentile(list(range(1, 101)), 95)) == (None, 7, 95)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, db: None) -> AllocationWorld:
    monkeypatch.setattr(desk_simulations, "wake_simulation", simulation.run)
    shops = make_allocation_world(3)
    decided(shops, 3)
    draft_of({"without_dealers": ["S-1"]}, name="Without shop 1")
    return shops


def asked_for(client: Client, **more: Any) -> Any:
    draft = RuleSet.objects.get(state=RuleSetState.DRAFT)
    body = {"draft": draft.pk, "currency": "EUR", "wanted": 10, "runs_down": "on", **more}
    return client.post(reverse("console:simulation_ask"), body, follow=True)


def test_a_person_tries_rules_and_reads_both_sides(
    tried: AllocationWorld, as_user: Any, django_capture_on_commit_callbacks: Any
) -> None:
    dora = as_user(tried.staff)
    with django_capture_on_commit_callbacks(execute=True):
        asked_for(dora)
    page = dora.get(reverse("console:simulation", args=[Simulation.objects.get().pk])).content.decode()
    assert "Too few orders" in page
    assert "Gini of units against entitlement" in page
    assert "Shop 2, Shop 2 main shop: A (10.0 km)" in page
    export = dora.get(reverse("console:simulation_export", args=[Simulation.objects.get().pk]))
    book = load_workbook(io.BytesIO(b"".join(export.streaming_content)))
    assert [sheet.max_row for sheet in book] >= [1, 1, 1, 4]


@pytest.mark.parametrize("wrong", [{"wanted": 0}, {"draft": 999_999}, {"currency": "XXX"}])
def test_what_is_asked_wrongly_is_named(tried: AllocationWorld, as_user: Any, wrong: dict[str, Any]) -> None:
    assert asked_for(as_user(tried.staff), **wrong).status_code == 422
    assert not Simulation.objects.exists()


def test_finance_reads_and_does_not_ask(tried: AllocationWorld, as_user: Any) -> None:
    fay = as_user(make_user("f@supplier.example", "Fay", staff_role="finance"))
    assert asked_for(fay).status_code == 403
    assert "Rules to try" not in fay.get(reverse("console:simulations")).content.decode()


@pytest.mark.parametrize("many", [2, 9])
def test_a_result_costs_the_same_for_many_orders(
    as_user: Any, many: int, django_assert_num_queries: Any, db: None
) -> None:
    shops = make_allocation_world(3)
    decided(shops, many)
    found = simulated(shops, draft_of({"without_dealers": ["S-1"]}))
    dora, address = as_user(shops.staff), reverse("console:simulation", args=[found.pk])
    dora.get(address)
    with django_assert_num_queries(7):
        dora.get(address)
