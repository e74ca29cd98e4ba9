"""The one table of moves of a dealer's order. Pure.

The four steps a dealer knows stand for states: review → payment → shipment → receipt.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where an order stands; the names of the open states say what it waits for."""

    REVIEW = "review"
    PAYMENT = "payment"
    SHIPMENT = "shipment"
    RECEIPT = "receipt"
    FINISHED = "finished"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


MOVES: dict[State, frozenset[State]] = {
    State.REVIEW: frozenset({State.PAYMENT, State.SHIPMENT, State.REJECTED, State.CANCELLED}),
    State.PAYMENT: frozenset({State.SHIPMENT, State.CANCELLED}),
    State.SHIPMENT: frozenset({State.RECEIPT, State.CANCELLED}),
    State.RECEIPT: frozenset({State.FINISHED}),
    State.FINISHED: frozenset(),
    State.REJECTED: frozenset(),
    State.CANCELLED: frozenset(),
}

OPEN_STATES = frozenset(state for state, moves in MOVES.items() if moves)
#: States of an order that came to nothing.
ENDED_STATES = (State.REJECTED, State.CANCELLED)
#: States of an order that a rep has approved: it is, or will be, in the ERP.
APPROVED_STATES = frozenset({State.PAYMENT, State.SHIPMENT, State.RECEIPT, State.FINISHED})


class MoveRefused(Exception):
    """The table has no such move."""

    def __init__(self, state: State, to: State) -> None:
        super().__init__(f"An order in {state} cannot move to {to}.")
        self.state = state
        self.to = to


def require(state: State | str, *, to: State) -> None:
    """Refuse a move that the table does not have."""
    if to not in MOVES[State(state)]:
        raise MoveRefused(State(state), to)
