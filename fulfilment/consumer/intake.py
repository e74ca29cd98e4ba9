"""Consumer orders from files: one row a line, the rows of an order together; an order is taken whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.utils.translation import pgettext_lazy

from dealers.accounts.models import User
from dealers.intake.columns import Choice, Country, Day, Moment, Number, Text, Whole, text_of
from dealers.intake.intake import Intake, one_at_a_time
from dealers.intake.rows import Difference, Outcome, Parsed, Problem, Row, RowState
from fulfilment.consumer.checks import LENGTHS, MOST_AMOUNT, MOST_PIECES
from fulfilment.consumer.data import (
    AddressData,
    ConsumerRefused,
    ContactData,
    FieldProblem,
    LineData,
    OrderData,
    body_hash,
)
from fulfilment.consumer.models import Channel, Source
from fulfilment.consumer.receive import MOST_ORDERS, Answer, Bringer, receive_many

NOTHING = Decimal("0.00")
METHODS = {
    **dict.fromkeys(("delivery", "配送", "送货"), "delivery"),
    **dict.fromkeys(("pickup", "pick up", "自提"), "pickup"),
    **dict.fromkeys(("take_away", "take away", "带走"), "take_away"),
}
#: What is said once for an order: on its first row, or the same on each.
HEAD = (
    "placed_at", "total", "freight", "payment_fee", "method", "pickup_outlet", "promised_on", "attribution_code",
    "campaign_code", "name", "phone", "email", "address_line1", "address_line2", "postal_code", "city", "district",
    "region", "country", "area_code", "latitude", "longitude",
)  # fmt: skip
ADDRESS = ("country", "postal_code", "region", "city", "district", "area_code", "latitude", "longitude")
CONTACT = ("name", "phone", "email", "address_line1", "address_line2")


def _amount(name: str, label: Any, **more: Any) -> Number:
    return Number(name, label, places=2, minimum=0, maximum=MOST_AMOUNT, **more)


def _text(name: str, label: Any, **more: Any) -> Text:
    return Text(name, label, max_length=LENGTHS[name], **more)


@dataclass
class Group:
    """The rows of one order, in the order of the file."""

    channel: str
    number: str
    rows: list[Parsed] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class ConsumerOrdersIntake(Intake):
    """Orders of channels. An order with a bad row is refused with all its rows, each named.

    The same order again is left as it is; other content under its number is refused.
    """

    name = "consumer_orders"
    key = ("channel", "number")
    columns = (
        Text("channel", t("Channel"), required=True, max_length=50, example="tmall", also=("shop", "渠道", "店铺")),
        Text("number", t("Order number"), required=True, max_length=100, example="2026-1001",
             also=("order", "order id", "order number", "订单号", "订单编号")),
        Moment("placed_at", t("Placed at"), required=True, example="2026-03-31 18:30",
               also=("date", "order date", "created at", "下单时间")),
        _text("sku", t("SKU"), required=True, example="PAN-24", also=("item number", "货号", "商品编码")),
        Whole("quantity", t("Quantity"), required=True, minimum=1, maximum=MOST_PIECES, example="2",
              also=("qty", "pieces", "数量")),
        _amount("gross", t("Before discounts"), required=True, example="70.00", also=("amount", "金额", "原价")),
        _amount("discount_supplier", t("Discount borne by the supplier"), example="10.20", also=("discount", "优惠")),
        _amount("discount_dealer", t("Discount borne by the dealer")),
        _amount("paid", pgettext_lazy("amount", "Paid"), example="59.80", also=("paid amount", "实付", "实付金额")),
        _text("external_id", t("Line id"), also=("line", "line id", "行号")),
        _amount("freight", t("Freight"), example="4.90", also=("shipping", "运费")),
        _amount("payment_fee", t("Payment fee"), also=("fee", "手续费")),
        _amount("total", t("Total"), example="64.70", also=("order total", "订单金额", "总计")),
        Choice("method", t("Method"), words=METHODS, example="delivery", also=("delivery method", "配送方式")),
        _text("pickup_outlet", t("Pickup at"), also=("outlet", "自提门店")),
        Day("promised_on", t("Promised for"), example="2026-04-02", also=("delivery date", "承诺日期")),
        _text("attribution_code", t("Attribution code"), also=("guide", "导购码")),
        _text("campaign_code", t("Campaign"), also=("campaign", "活动")),
        _text("name", t("Consumer"), example="Erika Muster", also=("recipient", "ship to", "收货人", "姓名")),
        _text("phone", t("Phone"), also=("telephone", "mobile", "电话", "手机")),
        _text("email", t("E-mail"), also=("e-mail", "邮箱")),
        _text("address_line1", t("Address"), example="Ackerstr. 1", also=("street", "address", "地址", "详细地址")),
        _text("address_line2", t("Address, second line")),
        _text("postal_code", t("Postcode"), example="10115", also=("zip", "postcode", "postal code", "邮编")),
        _text("city", t("City"), example="Berlin", also=("town", "城市")),
        _text("district", t("District"), also=("county", "区县")),
        _text("region", t("State or province"), also=("state", "province", "省份")),
        Country("country", t("Country"), example="DE", also=("国家",)),
        _text("area_code", t("Area code"), also=("adcode", "行政区划代码")),
        Number("latitude", t("Latitude"), places=6, minimum=-90, maximum=90, also=("lat", "纬度")),
        Number("longitude", t("Longitude"), places=6, minimum=-180, maximum=180, also=("lon", "lng", "经度")),
    )  # fmt: skip

    def __init__(self, by: User | None = None) -> None:
        super().__init__()
        self._by = by
        self._done: dict[tuple[str, str], int] = {}

    def take(self, rows: Sequence[Row]) -> Outcome:
        """Take the orders of a batch; the rows of an order stand together, and a batch never cuts one."""
        parsed, problems = self._read(rows)
        groups = self._groups(rows, parsed, problems)
        with one_at_a_time(self.name):
            return self._receive(groups)

    def skip(self, rows: Sequence[Row]) -> None:
        """Remember the orders of a batch that was written before."""
        for row in rows:
            self._done.setdefault(_key(row), row.number)

    def _repeats(self, row: Parsed) -> list[Problem]:
        return []  # the rows of an order share their key

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        raise TypeError("Orders are taken by take().")

    def _groups(self, rows: Sequence[Row], parsed: Sequence[Parsed], problems: Sequence[Problem]) -> list[Group]:
        by_number = {row.number: row for row in parsed}
        groups: dict[tuple[str, str], Group] = {}
        of_row: dict[int, Group] = {}
        for row in rows:
            key = _key(row)
            group = of_row[row.number] = groups.setdefault(key, Group(*key))
            group.numbers.append(row.number)
            if row.number in by_number:
                group.rows.append(by_number[row.number])
        for problem in problems:
            of_row[problem.row].problems.append(problem)
        for key, group in groups.items():
            first = self._done.setdefault(key, group.numbers[0])
            if first != group.numbers[0]:
                text = _("Row %(row)s begins this order. Let all rows of an order stand together.") % {"row": first}
                group.problems.append(Problem(group.numbers[0], "number", text))
        return list(groups.values())

    def _receive(self, groups: Sequence[Group]) -> Outcome:
        codes = {group.channel for group in groups if not group.problems}
        channels = {channel.code: channel for channel in Channel.objects.filter(code__in=codes, is_active=True)}
        orders: dict[str, list[tuple[Group, OrderData]]] = {}
        for group in groups:
            channel = channels.get(group.channel)
            if channel is None and not group.problems:
                text = _("There is no open channel %(code)s.") % {"code": group.channel}
                group.problems.append(Problem(group.numbers[0], "channel", text))
            group.problems += [] if group.problems else list(_disagreeing(group))
            if channel is not None and not group.problems:
                orders.setdefault(channel.code, []).append((group, _order(group, channel)))
        by = Bringer(Source.FILE, by=self._by)
        states: dict[int, RowState] = {}
        differences: list[Difference] = []
        for code, wanted in orders.items():
            for start in range(0, len(wanted), MOST_ORDERS):
                part = wanted[start : start + MOST_ORDERS]
                answers = receive_many(channels[code], [(data, body_hash(data)) for _group, data in part], by=by)
                for (group, data), answer in zip(part, answers, strict=True):
                    _settle(group, data, answer, states, differences)
        return Outcome(states, tuple(_all(groups)), tuple(differences))


def _key(row: Row) -> tuple[str, str]:
    return text_of(row.values.get("channel")), " ".join(text_of(row.values.get("number")).split())


def _settle(
    group: Group, data: OrderData, answer: Answer, states: dict[int, RowState], differences: list[Difference]
) -> None:
    if isinstance(answer, ConsumerRefused):
        group.problems += [_at_row(group, problem) for problem in answer.problems]
        return
    states.update(dict.fromkeys(group.numbers, RowState.of(new=not answer.repeated, differs=False)))
    if not answer.repeated:
        goods = ", ".join(f"{line.quantity} × {line.sku}" for line in data.lines[:20])
        said = {"sku": goods, "total": f"{data.total:f}", "city": data.address.city}
        differences.append(Difference(group.numbers[0], f"{group.channel} {group.number}", {}, said))


def _all(groups: Sequence[Group]) -> Iterator[Problem]:
    """Every problem, and for the other rows of an order that has one, that they are refused with it."""
    for group in groups:
        yield from group.problems
        named = {problem.row for problem in group.problems}
        if named:
            text = _("Row %(row)s of the same order is refused, and the order with it.") % {"row": min(named)}
            yield from (Problem(number, "number", text) for number in group.numbers if number not in named)


def _disagreeing(group: Group) -> Iterator[Problem]:
    """Later rows that say something else about the whole order than the first one."""
    first = group.rows[0]
    for row in group.rows[1:]:
        for name in HEAD:
            said = row.get(name)
            if said is not None and said != first.get(name):
                text = _("Row %(row)s of this order says otherwise. Let both rows agree.") % {"row": first.number}
                yield Problem(row.number, name, text)


def _order(group: Group, channel: Channel) -> OrderData:
    first = group.rows[0]
    lines = tuple(_line(row) for row in group.rows)
    freight = first.get("freight", NOTHING)
    return OrderData(
        external_number=group.number,
        currency=channel.currency,
        placed_at=first.get("placed_at"),
        lines=lines,
        total=first.get("total", sum((line.paid for line in lines), freight)),
        freight=freight,
        payment_fee=first.get("payment_fee", NOTHING),
        method=first.get("method", "delivery"),
        address=AddressData(**{name: first.get(name) for name in ADDRESS if first.get(name) is not None}),
        contact=ContactData(**{name: first.get(name, "") for name in CONTACT}),
        pickup_outlet=first.get("pickup_outlet", ""),
        promised_on=first.get("promised_on"),
        attribution_code=first.get("attribution_code", ""),
        campaign_code=first.get("campaign_code", ""),
    )


def _line(row: Parsed) -> LineData:
    gross = row.get("gross")
    off, theirs = row.get("discount_supplier", NOTHING), row.get("discount_dealer", NOTHING)
    paid = row.get("paid", gross - off - theirs)
    return LineData(row.get("sku"), row.get("quantity"), gross, paid, off, theirs, row.get("external_id", ""))


def _at_row(group: Group, problem: FieldProblem) -> Problem:
    """A problem of an order at the row and column that it is about."""
    path, row = problem.path, group.numbers[0]
    if path.startswith("lines["):
        index, _bracket, path = path.removeprefix("lines[").partition("].")
        row = group.rows[int(index)].number
    name = path.rpartition(".")[2]
    return Problem(row, "number" if name == "external_number" else name, problem.message)
