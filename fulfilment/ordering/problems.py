"""Why an order or a line is refused, in words for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class LineProblem:
    """What is wrong with one line and how to mend it. `code` is for machines, `message` for people."""

    product_id: int
    code: str
    message: Any


class OrderRefused(Exception):
    """An order cannot do what was asked; nothing was changed. `lines` names each line that must be mended."""

    def __init__(self, message: Any, lines: Sequence[LineProblem] = (), code: str = "refused", field: str = "") -> None:
        super().__init__(str(message))
        self.message = message
        self.lines = tuple(lines)
        self.code = code
        self.field = field


def mend_lines(lines: Sequence[LineProblem]) -> OrderRefused:
    """The refusal for lines that must be mended first."""
    return OrderRefused(_("Some lines need your attention before the order can be sent."), lines, code="lines")
