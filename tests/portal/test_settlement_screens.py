"""Screens of consumer orders' money: what they say, who sees them, their files, and what they cost."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from dealers.accounts.models import Dealer, DealerRole, Membership, SalesRep, StaffRole, User
from dealers.ledger.models import AccountDocument
from dealers.statements.statement import statement
from fulfilment.allocation.models import Allocation
from fulfilment.settlement.settling import settle_due
from portal.documents.statement_pdf import statement_pdf
from portal.documents.statement_workbook import statement_workbook
from pricing.margins.settle import settle
from tests.factories import make_user
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, make_campaign, of, place_order
from tests.fulfilment.settlement_samples import TERMS, at_price, complete, hand_to, sale, send_all, take_back


@pytest.fixture
def shops(db: None) -> AllocationWorld:
    return make_allocation_world()


@pytest.fixture
def finance(shops: AllocationWorld) -> User:
    return make_user("fay@supplier.example", "Fay", staff_role=StaffRole.FINANCE)


def long_ago(allocation: Allocation) -> Allocation:
    return complete(allocation, timezone.now() - dt.timedelta(days=30))


def settled(world: AllocationWorld, number: str = "W-1") -> Allocation:
    """Three A of a campaign, topped up, settled; then one came back."""
    campaign = make_campaign(budget="1000.00")
    order = place_order(world, number, of("A", 3, paid="2697.00"))
    made = settle(sale(3 * 899_00, 3), TERMS)
    overrides = [(world.shops[1].dealer.pk, 71_60)]
    allocation = long_ago(send_all(hand_to(world, order, {"A": made}, campaign=campaign, overrides=overrides)))
    settle_due(timezone.localdate())
    take_back(allocation)
    return allocation


def page(response: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


def test_the_dealer_sees_what_it_is_paid_and_how_it_came_about(shops: AllocationWorld, as_user: Any) -> None:
    allocation = settled(shops)
    client = as_user(shops.shops[0].user)

    listed = page(client.get(reverse("shop:settlements")))
    told = client.get(reverse("shop:settlement", args=[allocation.pk]))

    assert "W-1 Webshop · Shop 1 main shop" in listed
    assert "On the account 2,845.19 948.40 1,896.79 0.00" in listed
    shown = page(told)
    assert "Consumer paid for the goods +2,697.00" in shown
    assert "Payment fee -16.18" in shown.replace("−", "-")
    assert "Top-up +164.37" in shown
    assert "Paid to the dealer 2,845.19" in shown
    assert "1 × A came back" in shown
    assert "LAUNCH · Launch" in shown
    assert f"no. {shops.terms.pk}" in shown
    assert sum(amount for _word, amount in told.context["received"]) == Decimal("2845.19")
    assert sum(row.net for row in told.context["kept"]) == told.context["keeps"]


def test_a_document_leads_to_how_it_came_about(shops: AllocationWorld, as_user: Any) -> None:
    allocation = settled(shops)
    paid, taken = AccountDocument.objects.filter(dealer=allocation.dealer).order_by("pk")
    client = as_user(shops.shops[0].user)

    first = client.get(reverse("shop:document", args=[paid.pk]))
    second = page(client.get(reverse("shop:document", args=[taken.pk])))

    assert reverse("shop:settlement", args=[allocation.pk]) in first.content.decode()
    assert "The consumer has the goods and the return window is over." in page(first)
    assert "Goods came back after the order was settled." in second
    assert "Left to pay" in second


def test_the_owner_of_a_territory_sees_its_share_and_not_the_others_money(shops: AllocationWorld, as_user: Any) -> None:
    allocation = settled(shops)
    document = AccountDocument.objects.filter(dealer=shops.shops[1].dealer).order_by("pk")[0]
    client = as_user(shops.shops[1].user)

    shown = page(client.get(reverse("shop:document", args=[document.pk])))

    assert "Another dealer sent goods into your territory." in shown
    assert "2,697.00 71.60" in shown
    assert "2,845.19" not in shown
    assert client.get(reverse("shop:settlement", args=[allocation.pk])).status_code == 404


def test_the_statement_its_workbook_and_its_pdf_agree(shops: AllocationWorld, as_user: Any) -> None:
    allocation = settled(shops)
    today = timezone.localdate()
    drawn = statement(allocation.dealer, today, today)

    screen = page(as_user(shops.shops[0].user).get(reverse("shop:statement")))
    book = openpyxl.load_workbook(io.BytesIO(statement_workbook(drawn)))
    pdf = "".join(each.extract_text() for each in PdfReader(io.BytesIO(statement_pdf(drawn))).pages)

    number = f"CS-{allocation.pk:06d}"
    cells = [row for row in book["Statement"].iter_rows(values_only=True) if row[2] in (number, f"{number}-2")]
    assert [(row[1], row[3], row[4], row[6], row[7]) for row in cells] == [
        ("Consumer sales", "Webshop", "W-1", None, 2845.19),
        ("Consumer sales, correction", "Webshop", "W-1", 948.4, None),
    ]
    for text in (screen, pdf):
        assert number in text
        assert "2,845.19" in text
        assert "948.40" in text
        assert "1,896.79" in text
    assert drawn.closing == Decimal("-1896.79") == drawn.ageing.balance


def test_a_consumer_orders_number_is_no_link_to_a_dealer_order(shops: AllocationWorld, as_user: Any) -> None:
    settled(shops)

    content = as_user(shops.shops[0].user).get(reverse("shop:statement")).content.decode()

    assert "W-1" in content
    assert "/shop/orders/W-1/" not in content


@pytest.mark.parametrize("name", ["shop:settlements", "shop:settlements_export"])
def test_only_those_who_see_the_account_see_consumer_sales(shops: AllocationWorld, as_user: Any, name: str) -> None:
    buyer = make_user("buyer@s-1.example", "Bo", dealer=shops.shops[0].dealer, role=DealerRole.BUYER)

    assert as_user(buyer).get(reverse(name)).status_code == 403
    assert as_user(shops.shops[0].user).get(reverse(name)).status_code == 200


def test_another_dealers_settlement_does_not_exist(shops: AllocationWorld, as_user: Any) -> None:
    allocation = settled(shops)
    stranger = shops.shops[2].user
    both = shops.shops[1].user
    Membership.objects.create(user=both, dealer=allocation.dealer, role=DealerRole.BUYER)
    rep = make_user("rep@supplier.example", "Rep", staff_role=StaffRole.SALES_REP)
    SalesRep.objects.create(code="R", name="Rep", email="rep@supplier.example", user=rep)

    for user in (stranger, both):
        assert as_user(user).get(reverse("shop:settlement", args=[allocation.pk])).status_code == 404
        assert "W-1" not in page(as_user(user).get(reverse("shop:settlements")))
    assert as_user(rep).get(reverse("console:settlement", args=[allocation.pk])).status_code == 404
    assert "S-1" not in page(as_user(rep).get(reverse("console:settlements")))
    assert as_user(rep).get(reverse("console:reconciliation")).status_code == 403
    assert as_user(rep).post(reverse("console:settlements_now")).status_code == 403


def test_finance_settles_at_once_what_is_payable(shops: AllocationWorld, as_user: Any, finance: User) -> None:
    long_ago(send_all(hand_to(shops, place_order(shops), {"A": at_price(1_099_00)})))
    client = as_user(finance)
    assert "Shop 1 S-1 0.00 1,092.41 0.00 EUR" in page(client.get(reverse("console:settlements")))

    told = page(client.post(reverse("console:settlements_now"), follow=True))

    assert "1 order was settled." in told
    assert "Shop 1 S-1 0.00 0.00 1,092.41 EUR" in told
    assert AccountDocument.objects.get().journal.posted_by == finance
    assert "Nothing has become payable" in page(client.post(reverse("console:settlements_now"), follow=True))


def test_finance_sees_the_same_page_as_the_dealer(shops: AllocationWorld, as_user: Any, finance: User) -> None:
    allocation = settled(shops)
    client = as_user(finance)

    shown = page(client.get(reverse("console:settlement", args=[allocation.pk])))
    listed = page(client.get(reverse("console:settlement_orders") + "?tab=settled&q=S-1"))

    assert "Settlement of consumer order W-1" in shown
    assert "Top-up +164.37" in shown
    assert "Shop 1 S-1" in listed


def test_reconciliation_tells_where_the_money_is(shops: AllocationWorld, as_user: Any, finance: User) -> None:
    settled(shops)
    place_order(shops, "W-2", of("C"))
    client = as_user(finance)

    channels = page(client.get(reverse("console:reconciliation")))
    orders = page(client.get(reverse("console:reconciliation_orders") + "?which=unsent"))

    assert "Webshop 2 orders · EUR 2,766.00 0.00 69.00 0.00 899.00 1,896.79 47.73" in channels
    assert "LAUNCH Launch · EUR 1,000.00 109.58 0.00 0.00 109.58 109.58 0.00" in channels
    assert "W-2" in orders
    assert "W-1" not in orders


def test_reconciliations_files_hold_the_same(shops: AllocationWorld, as_user: Any, finance: User) -> None:
    settled(shops)
    place_order(shops, "=W-2", of("C"))
    client = as_user(finance)

    text = b"".join(client.get(reverse("console:reconciliation_csv")).streaming_content).decode("utf-8-sig")
    content = b"".join(client.get(reverse("console:reconciliation_excel")).streaming_content)

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Order"] for row in rows] == ["'=W-2", "W-1"]
    assert (rows[1]["Consumers paid"], rows[1]["Dealers"], rows[1]["Difference"]) == ("2697.00", "1896.79", "0.00")
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Channels", "Orders", "Campaigns"]
    channel = next(book["Channels"].iter_rows(min_row=2, values_only=True))
    assert channel[:4] == ("Webshop", "EUR", 2, 2766)
    assert [row[1] for row in book["Orders"].iter_rows(min_row=2, values_only=True)] == ["=W-2", "W-1"]


def test_lists_are_exported(shops: AllocationWorld, as_user: Any, finance: User) -> None:
    settled(shops)
    names = ("console:settlements_export", "console:settlement_orders_export")

    books = [
        openpyxl.load_workbook(io.BytesIO(b"".join(client.get(reverse(name)).streaming_content)))
        for client, name in (
            *((as_user(finance), name) for name in names),
            (as_user(shops.shops[0].user), "shop:settlements_export"),
        )
    ]

    by_dealer, by_order, own = (list(book.active.iter_rows(min_row=2, values_only=True)) for book in books)
    assert by_dealer[0][:6] == ("S-1", "Shop 1", "EUR", 0, 0, 1896.79)
    assert by_order[0][:4] == ("W-1", "Webshop", "S-1", "Shop 1")
    assert own[0][7:] == (2845.19, 948.4, 1896.79, 0, "EUR")


@pytest.mark.parametrize(
    "name",
    ["console:settlements", "console:settlement_orders", "console:reconciliation", "console:reconciliation_orders"],
)
def test_screens_cost_the_same_for_any_number(shops: AllocationWorld, as_user: Any, finance: User, name: str) -> None:
    client, counts = as_user(finance), []
    for numbers in (range(1), range(1, 6)):
        for number in numbers:
            shop = shops.shops[number % 3]
            allocation = hand_to(shops, place_order(shops, f"W-{number}"), {"A": at_price(1_099_00)}, shop=shop)
            send_all(allocation)
        client.get(reverse(name))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name)).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_reconciliation_pages_by_key(
    shops: AllocationWorld, as_user: Any, finance: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.console.consumer_money.PAGE_SIZE", 2)
    for number in range(5):
        place_order(shops, f"W-{number}", of("C"))
    client, url = as_user(finance), reverse("console:reconciliation_orders")

    pages, query = [], ""
    while True:
        context = client.get(url + query).context
        pages.append([row.external_number for row, _state in context["rows"]])
        query = context["links"].next_url
        if not query:
            break
    back = client.get(url + context["links"].previous_url).context

    assert pages == [["W-4", "W-3"], ["W-2", "W-1"], ["W-0"]]
    assert [row.external_number for row, _state in back["rows"]] == ["W-2", "W-1"]


def test_finance_notes_what_it_paid_to_a_dealer(shops: AllocationWorld, as_user: Any, finance: User) -> None:
    allocation = settled(shops)
    dealer, client = allocation.dealer, as_user(finance)
    url = reverse("console:payout", args=[dealer.number])
    assert url in client.get(reverse("console:statement", args=[dealer.number])).content.decode()
    assert "1,896.79 EUR are in the dealer's favour." in page(client.get(url)).replace("&#x27;", "'")
    said = {"number": "T-1", "on": "2030-01-01", "amount": "1896.80", "reference": "May"}

    refused = client.post(url, said)
    noted = page(client.post(url, {**said, "amount": "1896.79"}, follow=True))

    assert refused.status_code == 422
    assert "Only 1896.79 is in favour of dealer S-1" in page(refused)
    assert "1,896.79 EUR to Shop 1 are noted as paid." in noted
    assert "Payment to the dealer T-1" in noted
    assert open_balance(dealer) == 0


def open_balance(dealer: Dealer) -> Decimal:
    return statement(dealer, dt.date(2030, 1, 1), dt.date(2030, 1, 1)).closing
