"""What the checkout page shows beside the form: its lines, who approves the order and why that may take longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dealers.statements.statement import open_amounts
from fulfilment.ordering.cart import CartEntry
from fulfilment.ordering.problems import LineProblem
from portal.access.portal import Portal
from portal.access.roles import Permission
from portal.components.formats import format_amount
from portal.shop.cartlines import CartLine, CartPage
from portal.shop.checkout_form import LineTerms
from portal.shop.rows import Product, labels_for, named


@dataclass(frozen=True)
class CheckoutLine:
    """A line with its note and day as they stand in the fields; `told` is what happened to it since it was shown."""

    line: CartLine
    note: str = ""
    day: str = ""
    wrong: str = ""
    told: str = ""


@dataclass(frozen=True)
class Approval:
    """Who looks at the order before anything is shipped, and what makes them think twice."""

    who: str
    reasons: tuple[str, ...] = ()


def lines_of(
    page: CartPage,
    entries: Mapping[int, CartEntry],
    sent: LineTerms | None = None,
    told: Sequence[LineProblem] = (),
) -> list[CheckoutLine]:
    """The lines of the page with what was entered for them, else with what the cart says."""
    notes = {problem.product_id: str(problem.message) for problem in told}
    wrong = sent.wrong if sent else {}
    entered = {pk: (entry.note, entry.requested_date.isoformat() if entry.requested_date else "")
               for pk, entry in entries.items()}  # fmt: skip
    if sent:
        entered |= sent.entered
    shown = []
    for line in page.lines:
        pk = line.label.pk
        note, day = entered.get(pk, ("", ""))
        shown.append(CheckoutLine(line, note, day, wrong.get(pk, ""), notes.get(pk, "")))
    return shown


def removed_names(portal: Portal, problems: Sequence[LineProblem]) -> list[str]:
    """The lines that went since they were shown, by SKU and name. One or no statement."""
    gone = [problem.product_id for problem in problems if problem.code == "line_removed"]
    if not gone:
        return []
    labels = labels_for(portal.dealer, named(Product.objects.filter(pk__in=gone)))
    return [f"{labels[pk].sku} {labels[pk].name}" for pk in gone if pk in labels]


def approval_of(portal: Portal, page: CartPage) -> Approval:
    """Who approves the order, and what of money they will look at. One statement for those who may see the account."""
    dealer = portal.dealer
    rep = dealer.sales_rep
    reasons = []
    currency = dealer.currency
    if dealer.payment_terms_days and page.credit_missing:
        words = {"amount": format_amount(page.credit_missing), "currency": currency}
        text = _("It goes %(amount)s %(currency)s over your credit limit: it is approved only with a reason.")
        reasons.append(text % words)
    if portal.may(Permission.SEE_OWN_STATEMENT):
        overdue = open_amounts([dealer.pk])[dealer.pk].overdue
        if overdue:
            words = {"amount": format_amount(overdue), "currency": currency}
            reasons.append(_("%(amount)s %(currency)s of your account are overdue.") % words)
    return Approval(rep.name if rep else "", tuple(reasons))
