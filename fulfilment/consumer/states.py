"""The one table of moves of a consumer order, as far as its intake goes. Pure."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a consumer order stands."""

    RECEIVED = "received"
    ADDRESS_UNKNOWN = "address_unknown"
    READY = "ready"
    CANCELLED = "cancelled"


MOVES: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.ADDRESS_UNKNOWN, State.READY, State.CANCELLED}),
    State.ADDRESS_UNKNOWN: frozenset({State.READY, State.CANCELLED}),
    State.READY: frozenset({State.ADDRESS_UNKNOWN, State.CANCELLED}),
    State.CANCELLED: frozenset(),
}

#: States in which the channel may still change what was ordered: no dealer has been asked yet.
CHANGEABLE = frozenset({State.RECEIVED, State.ADDRESS_UNKNOWN, State.READY})


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
