"""The one table of moves of a consumer order, and where its lines together put it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    """Where a consumer order stands."""

    RECEIVED = "received"
    ADDRESS_UNKNOWN = "address_unknown"
    READY = "ready"
    OFFERED = "offered"
    BACKLOG = "backlog"
    ALLOCATED = "allocated"
    SENT = "sent"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


#: Where an order may go once dealers are asked: wherever its lines put it.
ROUTED = frozenset(
    {State.READY, State.OFFERED, State.BACKLOG, State.ALLOCATED, State.SENT, State.COMPLETED, State.CANCELLED}
)

MOVES: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.ADDRESS_UNKNOWN, State.READY, State.CANCELLED}),
    State.ADDRESS_UNKNOWN: frozenset({State.READY, State.CANCELLED}),
    State.READY: ROUTED - {State.READY} | {State.ADDRESS_UNKNOWN},
    State.OFFERED: ROUTED - {State.OFFERED} | {State.ADDRESS_UNKNOWN},
    State.BACKLOG: ROUTED - {State.BACKLOG} | {State.ADDRESS_UNKNOWN},
    State.ALLOCATED: ROUTED - {State.ALLOCATED},
    State.SENT: ROUTED - {State.SENT},
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
}

#: States in which the channel may still change what was ordered: no dealer has accepted anything yet.
CHANGEABLE = frozenset({State.RECEIVED, State.ADDRESS_UNKNOWN, State.READY, State.OFFERED, State.BACKLOG})
#: States in which it may still be cancelled, as long as nothing has been packed.
CANCELLABLE = CHANGEABLE | {State.ALLOCATED}


class Fate(StrEnum):
    """Where a line of an order stands: every ordered unit is in exactly one of these."""

    WAITING = "waiting"
    OFFERED = "offered"
    BACKLOG = "backlog"
    ACCEPTED = "accepted"
    SUPPLIER_WAREHOUSE = "supplier_warehouse"
    SENT = "sent"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


#: The first of these that any line is in is where the order stands; cancelled lines do not count beside others.
_ORDER = (
    (Fate.WAITING, State.READY),
    (Fate.BACKLOG, State.BACKLOG),
    (Fate.OFFERED, State.OFFERED),
    (Fate.ACCEPTED, State.ALLOCATED),
    (Fate.SUPPLIER_WAREHOUSE, State.ALLOCATED),
    (Fate.SENT, State.SENT),
    (Fate.COMPLETED, State.COMPLETED),
    (Fate.CANCELLED, State.CANCELLED),
)


def state_of_lines(fates: Iterable[Fate]) -> State:
    """Where an order stands by its lines. Refuses an order without lines."""
    found = set(fates)
    if not found:
        raise ValueError("An order has lines.")
    return next(state for fate, state in _ORDER if fate in found)


class MoveRefused(Exception):
    """The table has no such move."""

    def __init__(self, state: State, to: State) -> None:
        super().__init__(f"A consumer order in {state} cannot move to {to}.")
        self.state = state
        self.to = to


def require(state: State | str, *, to: State) -> None:
    """Refuse a move that the table does not have."""
    if to not in MOVES[State(state)]:
        raise MoveRefused(State(state), to)
