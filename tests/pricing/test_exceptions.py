"""One-off prices: who may ask, approve, refuse and end, and what the dealer pays meanwhile."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from dealers.accounts.models import User
from pricing.quote import quote, supplier_day
from pricing.terms.audit import PriceChange
from pricing.terms.exceptions import (
    ExceptionRefused,
    approve_exception,
    end_exception,
    refuse_exception,
    request_exception,
)
from pricing.terms.models import ChainEntry, ExceptionState, Price, PriceException, PriceList
from tests.factories import World

D = Decimal


def asked(world: World, price: str = "9.00", *, start: int = 0, days: int = 10, **values: Any) -> PriceException:
    """Rita asks for Alpine's pan, from `start` days after today, for so many days."""
    first = supplier_day(timezone.now()) + timedelta(days=start)
    given: dict[str, Any] = {"reason": "Opening order", "by": world.rita, "product": world.pan} | values
    return request_exception(
        world.alpine,
        price=D(price),
        valid_from=first,
        valid_to=first + timedelta(days=days - 1),
        **given,
    )


def pays(world: World, quantity: int = 1, *, after: int = 0) -> Decimal | None:
    """What Alpine pays for a pan, so many days after today."""
    at = timezone.now() + timedelta(days=after)
    return quote(world.alpine, [(world.pan.pk, quantity)], at).lines[0].unit_price


def test_an_approved_exception_is_nearer_than_every_list_until_its_last_day(world: World) -> None:
    exception = asked(world, days=10)
    assert pays(world) == D("20.0000"), "asking changes nothing"
    approve_exception(exception.pk, by=world.fay, note="Once")
    assert (pays(world), pays(world, after=9), pays(world, after=10)) == (D("9.0000"), D("9.0000"), D("20.0000"))
    line = quote(world.alpine, [(world.pan.pk, 1)]).lines[0]
    assert [step.kind for step in line.steps] == ["list", "exception", "net"]
    assert ChainEntry.objects.filter(dealer=world.alpine).order_by("rank").first().rank == 0  # type: ignore[union-attr]


def test_it_is_nobody_else_s(world: World) -> None:
    approve_exception(asked(world).pk, by=world.fay)
    assert quote(world.bergen, [(world.pan.pk, 1)]).lines[0].unit_price == D("20.0000")


def test_it_holds_from_its_quantity_and_day(world: World) -> None:
    approve_exception(asked(world, start=3, min_quantity=5).pk, by=world.fay)
    assert (pays(world, 5), pays(world, 4, after=3), pays(world, 5, after=3)) == (D(20), D(20), D(9))


def test_the_approval_says_who_and_when_in_both_records(world: World) -> None:
    exception = approve_exception(asked(world).pk, by=world.fay, note="Once")
    assert (exception.state, exception.decided_by, exception.decision_note) == ("approved", world.fay, "Once")
    change = PriceChange.objects.get(product=world.pan, new_price=D("9"))
    assert (change.by, change.source) == (world.fay, f"exception:{exception.pk}")


@pytest.mark.parametrize("who", ["rita", "sam", "alice"])
def test_only_finance_and_administrators_decide(world: World, who: str) -> None:
    user: User = getattr(world, who)
    exception = asked(world)
    with pytest.raises(ExceptionRefused, match="decides"):
        approve_exception(exception.pk, by=user)
    with pytest.raises(ExceptionRefused, match="decides"):
        refuse_exception(exception.pk, by=user, note="No")
    assert not Price.objects.filter(price=D("9")).exists()


def test_nobody_approves_what_they_asked_for_but_an_administrator(world: World) -> None:
    with pytest.raises(ExceptionRefused, match="yourself"):
        approve_exception(asked(world, by=world.fay).pk, by=world.fay)
    approve_exception(asked(world, by=world.ada).pk, by=world.ada)


def test_a_decision_is_made_once(world: World) -> None:
    exception = asked(world)
    refuse_exception(exception.pk, by=world.fay, note="Too low")
    with pytest.raises(ExceptionRefused, match="already"):
        approve_exception(exception.pk, by=world.ada)
    assert pays(world) == D("20.0000")


def test_refusing_needs_a_word(world: World) -> None:
    with pytest.raises(ExceptionRefused, match="why"):
        refuse_exception(asked(world).pk, by=world.fay, note=" ")


def test_two_may_not_hold_on_one_day(world: World) -> None:
    approve_exception(asked(world, days=10).pk, by=world.fay)
    with pytest.raises(ExceptionRefused, match="End that one first"):
        approve_exception(asked(world, "8.00", start=9).pk, by=world.fay)
    approve_exception(asked(world, "8.00", start=10).pk, by=world.fay)
    approve_exception(asked(world, "7.00", min_quantity=50).pk, by=world.fay)
    assert (pays(world, after=10), pays(world, 50)) == (D("8.0000"), D("7.0000"))


def test_ending_on_the_first_day_takes_the_price_away(world: World) -> None:
    exception = approve_exception(asked(world).pk, by=world.fay)
    ended = end_exception(exception.pk, by=world.fay)
    assert (pays(world), ended.state, ended.ended_by) == (D("20.0000"), ExceptionState.ENDED, world.fay)
    assert not Price.objects.filter(price_list__kind="exceptions").exists()


def test_ending_later_keeps_the_days_that_were(world: World) -> None:
    exception = approve_exception(asked(world, start=-5, days=20).pk, by=world.fay)
    agreed = exception.valid_to
    end_exception(exception.pk, by=world.ada)
    yesterday = supplier_day(timezone.now()) - timedelta(days=1)
    exception.refresh_from_db()
    assert (pays(world), pays(world, after=-1)) == (D("20.0000"), D("9.0000"))
    assert exception.price_row is not None
    assert (exception.price_row.valid_to, exception.valid_to) == (yesterday, agreed)
    with pytest.raises(ExceptionRefused, match="any more"):
        end_exception(exception.pk, by=world.ada)


def test_one_exceptions_list_carries_all_of_a_dealer_s(world: World) -> None:
    for quantity in (1, 2, 3):
        approve_exception(asked(world, min_quantity=quantity).pk, by=world.fay)
    assert PriceList.objects.get(kind="exceptions").prices.count() == 3


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"reason": " "}, "Say why"),
        ({"price": "0"}, "above zero"),
        ({"min_quantity": 0}, "at least one"),
        ({"days": 0}, "before the first"),
        ({"start": -9, "days": 5}, "is over"),
    ],
)
def test_what_cannot_be_is_not_asked_for(world: World, values: dict[str, Any], why: str) -> None:
    with pytest.raises(ExceptionRefused, match=why):
        asked(world, **values)


def test_another_currency_than_asked_for_is_refused(world: World) -> None:
    exception = asked(world)
    world.alpine.currency = "USD"
    world.alpine.save()
    with pytest.raises(ExceptionRefused, match="another currency"):
        approve_exception(exception.pk, by=world.fay)
