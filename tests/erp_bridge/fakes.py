"""A double of the adapter for what a real folder cannot be made to do: fail in a chosen way at a chosen call."""

from __future__ import annotations

from erp_bridge.adapters.base import OutboundDocument, Receipt


class FakeErp:
    """An adapter that fails as told and remembers what it saw."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures = list(failures)
        self.staged: list[tuple[str, int]] = []
        self.delivered: list[str] = []

    def stage(self, document: OutboundDocument, fence: int) -> str:
        self.staged.append((document.name, fence))
        return f"{document.name}@{fence}"

    def deliver(self, token: str) -> Receipt:
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            raise failure
        self.delivered.append(token)
        return Receipt(reference=token)

    def discard(self, token: str) -> None: ...

    def probe(self) -> None: ...
