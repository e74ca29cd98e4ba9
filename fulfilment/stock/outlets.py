"""Dealers' stock promised to consumer orders: held, made firm, sent, given back. Guarded, set-based, in key order.

Every verb takes `(outlet id, product id) → quantity` and a reference, runs in the caller's transaction, and is one
statement where nothing goes wrong. It does everything or nothing. The same reference again changes nothing and answers
False; with other quantities it is refused. Each move is kept with what it added to the counters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from dealers.accounts.models import User
from fulfilment.stock.models import MoveKind
from fulfilment.stock.outlet_shortfalls import settle_shortfalls

#: `(outlet id, product id)`.
Key = tuple[int, int]

FREE = "CASE WHEN s.blocked_at IS NULL THEN s.on_hand - s.held - s.firm - s.safety - s.unsellable ELSE 0 END"
ANY = "w.quantity"

# Rows are locked in key order before any is changed, so that two orders never wait for each other in a circle; what a
# locked row says is its newest version. A row that is short anywhere leaves all of them as they were. The guard stands
# in the UPDATE, too, so that nothing rests on what was read before it.
MOVE = """
WITH w AS (
    SELECT * FROM unnest(%(outlets)s::bigint[], %(products)s::bigint[], %(quantities)s::integer[])
        AS w(outlet_id, product_id, quantity)
), locked AS MATERIALIZED (
    SELECT s.id, s.outlet_id, s.product_id, w.quantity, {enough} AS enough
    FROM fulfilment_stock_outletstock s JOIN w USING (outlet_id, product_id)
    ORDER BY s.id FOR NO KEY UPDATE OF s
), noted AS (
    INSERT INTO fulfilment_stock_outletstockmove
        (stock_id, kind, quantity, on_hand, held, firm, safety, unsellable, at, reference, by_id)
    SELECT id, %(kind)s, quantity, quantity * {on_hand}, quantity * {held}, quantity * {firm}, 0,
        quantity * {unsellable}, clock_timestamp(), %(reference)s, %(by)s
    FROM locked WHERE (SELECT count(*) FROM locked WHERE enough >= quantity) = %(count)s
    ORDER BY id ON CONFLICT DO NOTHING RETURNING stock_id, quantity
), moved AS (
    UPDATE fulfilment_stock_outletstock s
    SET on_hand = s.on_hand + w.quantity * {on_hand}, held = s.held + w.quantity * {held},
        firm = s.firm + w.quantity * {firm}, unsellable = s.unsellable + w.quantity * {unsellable}{also}
    FROM noted w WHERE s.id = w.stock_id AND {enough} >= w.quantity
    RETURNING s.id, s.held + s.firm + s.unsellable - s.on_hand AS short
)
SELECT l.id, l.outlet_id, l.product_id, l.quantity, l.enough, n.stock_id IS NOT NULL, m.id IS NOT NULL, m.short
FROM locked l LEFT JOIN noted n ON n.stock_id = l.id LEFT JOIN moved m ON m.id = l.id
"""

DONE = """
SELECT s.outlet_id, s.product_id, m.quantity
FROM fulfilment_stock_outletstockmove m JOIN fulfilment_stock_outletstock s ON s.id = m.stock_id
WHERE m.reference = %s AND m.kind = %s AND m.reference <> '' AND m.kind NOT IN ('feed', 'by_hand')
"""

AVAILABLE = f"""
SELECT s.outlet_id, s.product_id, greatest({FREE}, 0)
FROM fulfilment_stock_outletstock s
JOIN unnest(%s::bigint[], %s::bigint[]) AS w(outlet_id, product_id) USING (outlet_id, product_id)
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class OutletShortage:
    """A stock row that has less for a verb than was asked: for a hold what is available, else what is promised."""

    outlet_id: int
    product_id: int
    wanted: int
    available: int


class NotEnoughAtOutlets(Exception):
    """Nothing was moved, because of these rows. The caller may go on with other outlets."""

    def __init__(self, kind: str, shortages: list[OutletShortage]) -> None:
        super().__init__(f"{kind}: {len(shortages)} stock rows are short.")
        self.kind = kind
        self.shortages = shortages


class ReferenceUsed(Exception):
    """The reference did this before with other quantities. The transaction must be undone."""

    def __init__(self, kind: str, reference: str) -> None:
        super().__init__(f"{kind} was done for {reference} with other quantities.")
        self.kind = kind
        self.reference = reference


@dataclass(frozen=True)
class _Verb:
    """What a piece adds to each counter, of how many pieces (`enough`), and what else is set."""

    kind: MoveKind
    enough: str
    on_hand: int = 0
    held: int = 0
    firm: int = 0
    unsellable: int = 0
    also: str = ""

    @property
    def shortens(self) -> int:
        """What a piece adds to what is promised beyond what is there."""
        return self.held + self.firm + self.unsellable - self.on_hand

    @property
    def statement(self) -> str:
        """The verb as SQL."""
        return MOVE.format(
            enough=self.enough,
            on_hand=f"({self.on_hand})",
            held=f"({self.held})",
            firm=f"({self.firm})",
            unsellable=f"({self.unsellable})",
            also=self.also,
        )


HALVED = ", confidence = s.confidence / 2"
HOLD = _Verb(MoveKind.HOLD, FREE, held=1)
RELEASE = _Verb(MoveKind.RELEASE, "s.held", held=-1)
CONFIRM = _Verb(MoveKind.CONFIRM, "s.held", held=-1, firm=1)
CANCEL = _Verb(MoveKind.CANCEL, "s.firm", firm=-1)
SHIP = _Verb(MoveKind.SHIP, "s.firm", on_hand=-1, firm=-1, also=", confidence = least(s.confidence + 10, 100)")
GIVE_BACK = _Verb(MoveKind.RETURN, ANY, on_hand=1)
CORRECTIONS = {
    MoveKind.NOT_IN_STOCK: _Verb(MoveKind.NOT_IN_STOCK, ANY, also=f", blocked_at = clock_timestamp(){HALVED}"),
    MoveKind.DAMAGED: _Verb(MoveKind.DAMAGED, ANY, unsellable=1),
    MoveKind.MISMATCH: _Verb(MoveKind.MISMATCH, ANY, on_hand=-1, also=HALVED),
}


def hold(wanted: Mapping[Key, int], reference: str, *, by: User | None = None) -> bool:
    """Take what is available for an offer. Raises NotEnoughAtOutlets, and then nothing is held."""
    return _move(HOLD, wanted, reference, by)


def release(wanted: Mapping[Key, int], reference: str, *, by: User | None = None) -> bool:
    """Let go of what an offer held."""
    return _move(RELEASE, wanted, reference, by)


def confirm(wanted: Mapping[Key, int], reference: str, *, by: User | None = None) -> bool:
    """Make firm what was held: the dealer accepted."""
    return _move(CONFIRM, wanted, reference, by)


def cancel(wanted: Mapping[Key, int], reference: str, *, by: User | None = None) -> bool:
    """Let go of what was firm and has not left: the order or its acceptance was taken back."""
    return _move(CANCEL, wanted, reference, by)


def ship(wanted: Mapping[Key, int], reference: str, *, by: User | None = None) -> bool:
    """Let firm goods leave, sent or handed over: they are neither promised nor on hand any more."""
    return _move(SHIP, wanted, reference, by)


def give_back(wanted: Mapping[Key, int], reference: str, *, by: User | None = None) -> bool:
    """Put returned goods, that can be sold again, on the shelf."""
    return _move(GIVE_BACK, wanted, reference, by)


def correct(declined: Mapping[Key, int], reference: str, reason: MoveKind, *, by: User | None = None) -> bool:
    """Let a declined offer correct the stock. Its hold is released apart from this.

    NOT_IN_STOCK: nothing is available until a later count. DAMAGED: so many pieces are there and not for sale.
    MISMATCH: so many pieces were not there.
    """
    if reason not in CORRECTIONS:
        raise ValueError(f"{reason} corrects no stock.")
    return _move(CORRECTIONS[reason], declined, reference, by)


def available(keys: Iterable[Key]) -> dict[Key, int]:
    """What can be promised, by key; keys without stock are missing. One statement."""
    ordered = sorted(set(keys))
    with connection.cursor() as cursor:
        cursor.execute(AVAILABLE, [[outlet for outlet, _ in ordered], [product for _, product in ordered]])
        return {(outlet, product): free for outlet, product, free in cursor.fetchall()}


def _move(verb: _Verb, wanted: Mapping[Key, int], reference: str, by: User | None) -> bool:
    if not reference or any(quantity < 1 for quantity in wanted.values()):
        raise ValueError("A movement has a reference, and quantities of at least 1.")
    if not wanted:
        return False
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(verb.statement, _arguments(verb, wanted, reference, by))
        rows = cursor.fetchall()
        if sum(moved for *_, moved, _short in rows) == len(wanted):
            _mend(verb, rows)
            return True
        cursor.execute(DONE, [reference, verb.kind.value])
        done = {(outlet, product): quantity for outlet, product, quantity in cursor.fetchall()}
        if any(noted for *_, noted, _moved, _short in rows) or any(
            key in done and done[key] != wanted[key] for key in wanted
        ):
            raise ReferenceUsed(verb.kind.value, reference)
    if wanted.keys() <= done.keys():
        return False
    raise NotEnoughAtOutlets(verb.kind.value, _shortages(wanted, rows))


def _mend(verb: _Verb, rows: list[tuple[int, int, int, int, int, bool, bool, int]]) -> None:
    """Open, change or end the shortfalls of rows that were short or are."""
    touched = [row[0] for row in rows if row[7] > 0 or row[7] - verb.shortens * row[3] > 0]
    if touched:
        settle_shortfalls(touched, why=verb.kind)


def _shortages(
    wanted: Mapping[Key, int], rows: list[tuple[int, int, int, int, int, bool, bool, int]]
) -> list[OutletShortage]:
    left = {(row[1], row[2]): max(row[4], 0) for row in rows}
    return [
        OutletShortage(outlet, product, quantity, left.get((outlet, product), 0))
        for (outlet, product), quantity in sorted(wanted.items())
        if left.get((outlet, product), 0) < quantity
    ]


def _arguments(verb: _Verb, wanted: Mapping[Key, int], reference: str, by: User | None) -> dict[str, Any]:
    ordered = sorted(wanted.items())
    return {
        "outlets": [outlet for (outlet, _), _ in ordered],
        "products": [product for (_, product), _ in ordered],
        "quantities": [quantity for _, quantity in ordered],
        "count": len(ordered),
        "kind": verb.kind.value,
        "reference": reference,
        "by": by.pk if by else None,
    }
