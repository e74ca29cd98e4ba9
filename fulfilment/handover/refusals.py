"""What is refused at the counter, and why."""

from __future__ import annotations

from datetime import datetime

from fulfilment.allocation.held import HeldRefused


class HandoverRefused(HeldRefused):
    """Nothing was handed over, sent or taken back. `message` says why and what to do."""


class WrongCode(HandoverRefused):
    """No order waits here under this code. `left` more tries before the outlet is locked for a while."""

    def __init__(self, message: str, left: int) -> None:
        super().__init__(message)
        self.left = left


class TriesLocked(HandoverRefused):
    """Too many wrong codes at this outlet. It is open again at `until`."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class AlreadyHandedOver(HandoverRefused):
    """Somebody handed it over before: `at`, `by`."""

    def __init__(self, message: str, at: datetime, by: str) -> None:
        super().__init__(message)
        self.at = at
        self.by = by
