"""What the processes of the races over outlets' stock do, with the guard and without."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction

from fulfilment.stock import outlets
from fulfilment.stock.models import MoveKind, OutletStock
from fulfilment.stock.outlet_feed import Counted, take_counts
from fulfilment.stock.outlets import Key, NotEnoughAtOutlets

#: Whoever has checked waits here until all have.
GATE = 7_701
ONE_MORE = "UPDATE fulfilment_stock_outletstock SET held = held + 1 WHERE outlet_id = %s AND product_id = %s"


def once(work: str, place: int, number: int, given: dict[str, Any]) -> str:
    """One round of a work in a transaction of its own; one word for what became of it."""
    keys: list[Key] = [(outlet, product) for outlet, product in given["keys"]]
    try:
        with transaction.atomic():
            return WORKS[work](keys, f"{place}:{number}", given)
    except NotEnoughAtOutlets:
        return "short"
    except OperationalError as why:
        return "deadlock" if "deadlock" in str(why) else repr(why)


def hold(keys: list[Key], reference: str, _given: dict[str, Any]) -> str:
    outlets.hold(dict.fromkeys(random.Random(reference).sample(keys, len(keys)), 1), reference)
    return "held"


def hold_turned(keys: list[Key], reference: str, given: dict[str, Any]) -> str:
    return hold(keys[::-1], reference, given)


def same_offer(keys: list[Key], reference: str, _given: dict[str, Any]) -> str:
    number = reference.partition(":")[2]
    return "held" if outlets.hold(dict.fromkeys(keys, 1), f"offer:{number}") else "again"


def check_then_write(keys: list[Key], _reference: str, _given: dict[str, Any]) -> str:
    """The guard off: read, check, and only then add."""
    enough = all(free >= 1 for free in outlets.available(keys).values())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [GATE])
        if enough:
            cursor.execute(ONE_MORE, keys[0])
    return "held" if enough else "short"


def one_by_one(keys: list[Key], _reference: str, _given: dict[str, Any]) -> str:
    """The order off: each row by itself, as the caller has them."""
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute(ONE_MORE, key)
    return "held"


def one_by_one_turned(keys: list[Key], reference: str, given: dict[str, Any]) -> str:
    return one_by_one(keys[::-1], reference, given)


def sell(keys: list[Key], reference: str, _given: dict[str, Any]) -> str:
    """Two pieces of each are offered, one of them is accepted and sent."""
    outlets.hold(dict.fromkeys(keys, 2), reference)
    outlets.confirm(dict.fromkeys(keys, 1), reference)
    outlets.ship(dict.fromkeys(keys, 1), reference)
    return "sold"


def count(keys: list[Key], _reference: str, given: dict[str, Any]) -> str:
    """The same list again and again, as of before anything was sold."""
    as_of = datetime.fromisoformat(given["as_of"])
    take_counts([Counted(*key, given["quantity"], as_of) for key in keys])
    return "counted"


def overwrite(keys: list[Key], _reference: str, given: dict[str, Any]) -> str:
    """The moment off, as Oscar's feed does it: the list replaces the stock and resets what is taken."""
    OutletStock.objects.filter(outlet__in=[outlet for outlet, _product in keys]).update(
        on_hand=given["quantity"], held=0, firm=0
    )
    return "counted"


def decline(keys: list[Key], reference: str, _given: dict[str, Any]) -> str:
    outlets.correct(dict.fromkeys(keys, 1), reference, MoveKind.MISMATCH)
    return "declined"


WORKS: dict[str, Callable[[list[Key], str, dict[str, Any]], str]] = {
    "hold": hold,
    "hold turned": hold_turned,
    "same offer": same_offer,
    "check then write": check_then_write,
    "one by one": one_by_one,
    "one by one turned": one_by_one_turned,
    "sell": sell,
    "count": count,
    "overwrite": overwrite,
    "decline": decline,
}
