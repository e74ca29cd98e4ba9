"""A statement as an Excel workbook: typed cells, nothing computed by the reader's program."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from dealers.accounts.models import Supplier
from dealers.statements.statement import Statement
from portal.components.formats import format_date
from portal.documents.statement_words import ageing_parts, movement_word, reference_words
from portal.documents.workbooks import Column, Sheet, write_workbook


def statement_workbook(statement: Statement) -> bytes:
    """The statement in the active language: movements, ageing, open items, each on a sheet ready to print."""
    heading = _heading(statement)
    target = io.BytesIO()
    write_workbook(
        target,
        [_movements(statement, heading), _ageing(statement, heading), _open_items(statement, heading)],
    )
    return target.getvalue()


def _heading(statement: Statement) -> list[str]:
    dealer = statement.dealer
    return [
        _("Statement of account %(number)s") % {"number": statement.number},
        Supplier.current().display_name,
        f"{dealer.display_name} ({dealer.number})",
        _("Period: %(start)s to %(end)s") % {"start": format_date(statement.start), "end": format_date(statement.end)},
        _("Currency: %(currency)s") % {"currency": statement.currency},
    ]


def _movements(statement: Statement, heading: list[str]) -> Sheet:
    return Sheet(
        title=_("Statement"),
        heading=heading,
        columns=[
            Column(_("Date"), "date"),
            Column(_("Document"), width=16),
            Column(_("Number"), width=20),
            Column(_("Reference"), width=30),
            Column(_("Orders"), width=26),
            Column(_("Due date"), "date"),
            Column(_("Debit"), "money"),
            Column(_("Credit"), "money"),
            Column(_("Balance"), "money"),
        ],
        rows=_movement_rows(statement),
        totals=[
            statement.end,
            _("Closing balance"),
            None,
            None,
            None,
            None,
            statement.total_debit,
            statement.total_credit,
            statement.closing,
        ],
    )


def _movement_rows(statement: Statement) -> Iterator[list[object]]:
    yield [statement.start, _("Opening balance"), None, None, None, None, None, None, statement.opening]
    for movement in statement.movements:
        yield [
            movement.date,
            movement_word(movement.kind),
            movement.number,
            movement.reference,
            ", ".join(movement.order_numbers),
            movement.due_date,
            movement.debit or None,
            movement.credit or None,
            movement.balance,
        ]


def _ageing(statement: Statement, heading: list[str]) -> Sheet:
    return Sheet(
        title=_("Ageing"),
        heading=[*heading, _("Ageing as of %(date)s") % {"date": format_date(statement.end)}],
        columns=[Column(_("Age"), width=36), Column(_("Amount"), "money", 18)],
        rows=[[word, amount] for word, amount in ageing_parts(statement.ageing)],
        totals=[_("Balance"), statement.ageing.balance],
        landscape=False,
    )


def _open_items(statement: Statement, heading: list[str]) -> Sheet:
    items = statement.open_items
    return Sheet(
        title=_("Open items"),
        heading=[*heading, _("Open as of %(date)s") % {"date": format_date(statement.end)}],
        columns=[
            Column(_("Document"), width=16),
            Column(_("Number"), width=20),
            Column(_("Date"), "date"),
            Column(_("Due date"), "date"),
            Column(_("Days overdue"), "integer"),
            Column(_("Reference"), width=40),
            Column(_("Total"), "money"),
            Column(_("Open"), "money"),
        ],
        rows=(
            [
                movement_word(item.kind),
                item.number,
                item.issue_date,
                item.due_date if item.amount > 0 else None,
                item.days_overdue(statement.end) if item.amount > 0 else None,
                reference_words(item.reference, item.order_numbers),
                item.total if item.amount > 0 else -item.total,
                item.left,
            ]
            for item in items
        ),
        totals=[_("Balance"), None, None, None, None, None, None, sum((item.left for item in items), Decimal("0.00"))],
    )
