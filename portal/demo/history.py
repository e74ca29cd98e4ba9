"""One order of the past, taken through the portal's own functions at the times of its plan."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, Outlet, User
from dealers.ledger.models import DocumentKind
from dealers.ledger.post import DocumentData, LineData, post_document
from erp_bridge.outbox.models import MessageState, OutboxMessage
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from fulfilment.ordering.paid import orders_paid_by_now
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.progress import acknowledge, record_payment
from fulfilment.ordering.review import approve, reject
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.shipping.record import ShipmentData, ShippedLine, confirm_receipt, record_shipment
from portal.demo.company.model import CreditNotePlan, InvoicePlan, OrderPlan
from portal.notifications.models import Mail
from pricing.money import round_money

Product = get_model("catalogue", "Product")


def load_order(plan: OrderPlan, dealer: Dealer, users: Mapping[str, User], key: UUID) -> None:
    """Place and move one order; done before, it changes nothing. Mail about the past is not sent."""
    if DealerOrder.objects.filter(dealer=dealer, submit_key=key).exists():
        return
    order = _place(plan, dealer, users[plan.buyer_email], key)
    rep = users[plan.decided_by]
    if plan.rejected_at:
        reject(order.pk, by=rep, reason=plan.reject_reason, at=plan.rejected_at)
    elif plan.approved_at:
        _approve(order, plan, rep)
        _ship_and_bill(order, plan, dealer)
    if plan.received_at:
        for shipment in order.shipments.all():
            confirm_receipt(shipment.pk, by=users[plan.buyer_email], at=plan.received_at)
    Mail.objects.all().delete()


def _place(plan: OrderPlan, dealer: Dealer, buyer: User, key: UUID) -> DealerOrder:
    ids = dict(Product.objects.filter(upc__in=[sku for sku, _quantity in plan.lines]).values_list("upc", "pk"))
    cart = open_cart(buyer, dealer)
    add_to_cart(cart, {ids[sku]: quantity for sku, quantity in plan.lines})
    outlet = Outlet.objects.get(dealer=dealer, code=plan.outlet)
    head = OrderHead(
        key=key, outlet_id=outlet.pk, po_number=plan.po_number, requested_date=plan.requested_on, note=plan.note
    )
    return submit(cart, head, by=buyer, at=plan.placed_at)


def _approve(order: DealerOrder, plan: OrderPlan, rep: User) -> None:
    try:
        approve(order.pk, by=rep, at=plan.approved_at)
    except OrderRefused as why:
        if why.code != "over_credit":
            raise
        note = (
            "已与财务确认，月底前回款。" if rep.language == "zh-hans" else "Agreed with finance, payment is on its way."
        )
        approve(order.pk, by=rep, at=plan.approved_at, note=note)
    if plan.shipments or plan.invoices:
        # The ERP of the past has long taken and answered this order; newer ones wait in the outbox for the worker.
        OutboxMessage.objects.filter(order_number=order.number).update(
            state=MessageState.DONE, attempts=1, created_at=plan.approved_at, done_at=plan.approved_at
        )
        acknowledge(order.number, accepted=True, erp_number=f"SO-{order.number}", at=plan.approved_at)


def _ship_and_bill(order: DealerOrder, plan: OrderPlan, dealer: Dealer) -> None:
    lines = {line.sku: line for line in order.lines.all()}
    prepaid = dealer.payment_terms_days == 0
    if prepaid:
        for invoice in plan.invoices:
            _bill(order, invoice, dealer, lines)
    for number, parcel in enumerate(plan.shipments, start=1):
        record_shipment(
            ShipmentData(
                number=f"DA-{order.number}-{number}",
                order_number=order.number,
                shipped_at=parcel.at,
                lines=[ShippedLine(lines[sku].position, quantity, sku) for sku, quantity in parcel.quantities.items()],
                carrier=parcel.carrier,
                tracking_number=parcel.tracking,
            )
        )
    if not prepaid:
        for invoice in plan.invoices:
            _bill(order, invoice, dealer, lines)


def _bill(order: DealerOrder, plan: InvoicePlan, dealer: Dealer, lines: Mapping[str, DealerOrderLine]) -> None:
    billed = _billed(plan.quantities, lines, order)
    whole = dict(plan.quantities) == {line.sku: line.quantity for line in lines.values()}
    net = sum((line.net_amount for line in billed), Decimal(0))
    tax = order.tax_total if whole else round_money(net * order.tax_percent / 100, order.currency)
    invoice = post_document(
        DocumentData(
            kind=DocumentKind.INVOICE,
            number=plan.number,
            dealer=dealer,
            issue_date=plan.on,
            due_date=plan.due_on,
            currency=order.currency,
            net=net,
            tax=tax,
            total=net + tax,
            order_numbers=(order.number,),
            lines=billed,
        )
    )
    left = invoice.total
    for credit in plan.credit_notes:
        left -= _credit(order, credit, plan.number, dealer, lines)
    for payment in plan.payments:
        amount = left if payment.settles else min(left, round_money(invoice.total * payment.share, order.currency))
        if amount <= 0:
            continue
        post_document(
            DocumentData(
                kind=DocumentKind.PAYMENT,
                number=payment.reference,
                dealer=dealer,
                issue_date=payment.on,
                currency=order.currency,
                net=amount,
                tax=Decimal("0.00"),
                total=amount,
                order_numbers=(order.number,),
                settlements=((plan.number, amount),),
            )
        )
        left -= amount
        if orders_paid_by_now([order.number]):
            record_payment(order.number, paid_on=payment.on)


def _credit(
    order: DealerOrder, plan: CreditNotePlan, invoice: str, dealer: Dealer, lines: Mapping[str, DealerOrderLine]
) -> Decimal:
    credited = _billed(plan.quantities, lines, order)
    net = sum((line.net_amount for line in credited), Decimal(0))
    tax = round_money(net * order.tax_percent / 100, order.currency)
    post_document(
        DocumentData(
            kind=DocumentKind.CREDIT_NOTE,
            number=plan.number,
            dealer=dealer,
            issue_date=plan.on,
            currency=order.currency,
            net=net,
            tax=tax,
            total=net + tax,
            order_numbers=(order.number,),
            note=plan.reason,
            lines=credited,
            settlements=((invoice, net + tax),),
        )
    )
    return net + tax


def _net_of(line: DealerOrderLine, quantity: int, currency: str) -> Decimal:
    if line.full_amount == line.net_amount:
        return round_money(line.unit_price * quantity, currency)
    return round_money(line.net_amount * quantity / line.quantity, currency)


def _paid_each(line: DealerOrderLine) -> Decimal:
    """What a unit comes to after promotions."""
    return line.unit_price if line.full_amount == line.net_amount else line.net_amount / line.quantity


def _billed(
    quantities: Mapping[str, int], lines: Mapping[str, DealerOrderLine], order: DealerOrder
) -> tuple[LineData, ...]:
    chinese = order.dealer.language == "zh-hans"
    return tuple(
        LineData(
            position=position,
            description=(lines[sku].name_zh if chinese and lines[sku].name_zh else lines[sku].name),
            quantity=Decimal(quantity),
            unit_price=_paid_each(lines[sku]),
            net_amount=_net_of(lines[sku], quantity, order.currency),
            sku=sku,
            order_number=order.number,
        )
        for position, (sku, quantity) in enumerate(quantities.items(), start=1)
    )
