"""The demo company: believable, complete in both languages, consistent, and the same every time."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter, defaultdict
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from portal.demo.company import ATTRIBUTES, Company, build, write_import_files
from portal.demo.company.history import horizon
from portal.demo.company.model import Row
from portal.demo.company.places import CITIES
from portal.demo.company.stories import HOME, NEWS, Text
from portal.demo.pictures import KINDS, draw, draw_all, draw_logo

TODAY = date(2026, 3, 18)
CJK = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def company() -> Company:
    return build(TODAY)


@pytest.fixture(scope="module")
def products(company: Company) -> dict[str, Row]:
    return {row["sku"]: row for row in company.products}


def test_the_company_has_the_promised_size(company: Company) -> None:
    assert 290 <= len(company.products) <= 330
    assert len({row["category_en"].split(" > ")[0] for row in company.products}) == 8
    assert len({row["number"] for row in company.dealers}) == 40
    assert len(company.sales_reps) == 3
    assert 390 <= len(company.history) <= 450
    assert len({row["location"] for row in company.stock}) == 3


def test_skus_eans_outlets_and_users_are_unique(company: Company) -> None:
    for rows, key in (
        (company.products, "sku"),
        (company.products, "ean"),
        (company.dealers, "outlet_code"),
        (company.users, "email"),
    ):
        assert max(Counter(row[key] for row in rows).values()) == 1, key
    assert max(Counter((row["sku"], row["location"]) for row in company.stock).values()) == 1


def test_variant_names_are_told_apart_in_both_languages(company: Company) -> None:
    for key in ("name_en", "name_zh"):
        assert max(Counter(row[key] for row in company.products).values()) == 1, key


def test_eans_are_in_store_numbers_with_right_check_digits(company: Company) -> None:
    for row in company.products:
        digits = [int(sign) for sign in row["ean"]]
        assert len(digits) == 13
        assert 200 <= int(row["ean"][:3]) <= 299
        assert sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def test_every_chinese_field_is_chinese(company: Company) -> None:
    for row in company.products:
        for key in ("name_zh", "model_name_zh", "category_zh", "description_zh"):
            assert CJK.search(row[key]), (row["sku"], key)
        for code in ATTRIBUTES:
            assert bool(row[f"attribute:{code}"]) == bool(row[f"attribute_zh:{code}"])
            assert not row[f"attribute:{code}"] or CJK.search(row[f"attribute_zh:{code}"]), (row["sku"], code)
    assert all(CJK.search(row["name_zh"]) for row in company.dealers)
    assert all(CJK.search(zh) for _, zh in ATTRIBUTES.values())


def test_english_fields_hold_no_chinese(company: Company) -> None:
    for row in company.products:
        for key in (
            "name_en",
            "model_name_en",
            "category_en",
            "description_en",
            *(f"attribute:{code}" for code in ATTRIBUTES),
        ):
            assert not CJK.search(row[key]), (row["sku"], key)


def test_category_paths_have_the_same_depth_in_both_languages(company: Company) -> None:
    for row in company.products:
        assert row["category_en"].count(" > ") == row["category_zh"].count(" > ") == 1


def test_minimum_quantities_are_multiples(company: Company) -> None:
    for row in company.products:
        assert int(row["minimum_quantity"]) % int(row["order_multiple"]) == 0


def _series(rows: list[Row]) -> dict[tuple[str, str, str], list[Row]]:
    series: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        series[row["price_list"], row["sku"], row["valid_from"]].append(row)
    return series


def test_prices_are_positive_fine_enough_and_fall_with_quantity(company: Company) -> None:
    for key, rows in _series(company.prices).items():
        rows.sort(key=lambda row: int(row["min_quantity"]))
        prices = [Decimal(row["price"]) for row in rows]
        assert min(prices) > 0, key
        assert [round(price, 4) for price in prices] == prices, key
        assert prices == sorted(prices, reverse=True), key
        assert len(set(prices)) == len(prices), key
        assert rows[0]["min_quantity"] == "1", key


def test_dated_prices_never_overlap(company: Company) -> None:
    spans: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in company.prices:
        spans[row["price_list"], row["sku"], row["min_quantity"]].append(
            (row["valid_from"], row["valid_to"] or "9999-12-31")
        )
    for key, found in spans.items():
        found.sort()
        assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(found)), key


def test_some_prices_are_expired_and_some_start_next_month(company: Company) -> None:
    assert any(row["valid_to"] and row["valid_to"] < TODAY.isoformat() for row in company.prices)
    assert any(row["valid_from"] == "2026-04-01" for row in company.prices)


def test_every_dealers_first_lists_exist_in_its_currency(company: Company, products: dict[str, Row]) -> None:
    currencies = {row["price_list"]: row["currency"] for row in company.prices}
    for row in company.dealers:
        assert {currencies[code] for code in row["price_lists"].split(";")} == {row["currency"]}
    assert {row["sku"] for row in company.prices} <= set(products)


def test_a_third_of_the_dealers_have_two_to_four_outlets(company: Company) -> None:
    outlets = Counter(row["number"] for row in company.dealers)
    assert 12 <= sum(count > 1 for count in outlets.values()) <= 18
    assert max(outlets.values()) == 4


def test_addresses_lie_where_their_city_is(company: Company) -> None:
    cities = {city.name: city for city in CITIES.values()}
    for row in company.dealers:
        city = cities[row["city"]]
        assert row["country"] == city.country
        assert row["address_line1"]
        assert row["outlet_name"]
        assert abs(float(row["latitude"]) - city.latitude) < 0.1
        assert abs(float(row["longitude"]) - city.longitude) < 0.1


def test_every_mail_address_is_under_a_reserved_domain(company: Company) -> None:
    addresses = [row["contact_email"] for row in company.dealers]
    addresses += [row["email"] for row in (*company.users, *company.sales_reps)]
    addresses += [order.buyer_email for order in company.history]
    assert all(re.fullmatch(r"[a-z.]+@[a-z]+\.example", address) for address in addresses)


def test_stock_has_plenty_little_none_and_unknown(company: Company, products: dict[str, Row]) -> None:
    totals: dict[str, int] = defaultdict(int)
    for row in company.stock:
        totals[row["sku"]] += int(row["quantity"])
        assert datetime.fromisoformat(row["as_of"]).tzinfo is not None
    assert len(set(products) - set(totals)) == 2
    assert sum(total == 0 for total in totals.values()) >= 8
    assert sum(0 < total <= 3 * int(products[sku]["order_multiple"]) for sku, total in totals.items()) >= 8


def test_history_lines_are_sellable_quantities_of_known_products(company: Company, products: dict[str, Row]) -> None:
    for order in company.history:
        assert len({sku for sku, _ in order.lines}) == len(order.lines) >= 2
        for sku, quantity in order.lines:
            row = products[sku]
            assert quantity % int(row["order_multiple"]) == 0
            assert quantity >= int(row["minimum_quantity"])
            assert not row["discontinued_on"] or order.placed_at.date().isoformat() < row["discontinued_on"]


def test_one_order_is_long_and_the_others_are_not(company: Company) -> None:
    lengths = sorted(len(order.lines) for order in company.history)
    assert lengths[-1] == 120
    assert lengths[-2] <= 25


def test_orders_are_placed_in_the_dealers_business_hours(company: Company) -> None:
    zones = {
        row["number"]: next(city.zone for city in CITIES.values() if city.name == row["city"])
        for row in reversed(company.dealers)
    }
    for order in company.history:
        local = order.placed_at.astimezone(ZoneInfo(zones[order.dealer]))
        assert local.weekday() < 5, order.po_number
        assert 8 <= local.hour <= 17, order.po_number


def test_po_numbers_are_unique_for_a_dealer(company: Company) -> None:
    assert max(Counter((order.dealer, order.po_number) for order in company.history).values()) == 1


def test_outlets_of_orders_belong_to_their_dealer(company: Company) -> None:
    outlets = {(row["number"], row["outlet_code"]) for row in company.dealers}
    assert all((order.dealer, order.outlet) in outlets for order in company.history)


def test_every_fate_occurs(company: Company) -> None:
    history = company.history
    assert 6 <= sum(order.waiting for order in history) <= 10
    assert any(order.waiting and order.dealer == "1009" for order in history)
    assert all(order.reject_reason and not order.shipments for order in history if order.rejected_at)
    assert any(order.rejected_at for order in history)
    assert any(len(order.shipments) > 1 for order in history)
    assert any(order.shipments and not order.shipped_in_full for order in history)
    assert any(order.shipped_in_full and not order.received_at for order in history)
    payments = [invoice.payments for order in history for invoice in order.invoices]
    assert {len(found) for found in payments} == {0, 1, 2}
    assert any(invoice.credit_notes for order in history for invoice in order.invoices)


def test_shipments_and_invoices_never_exceed_the_order(company: Company) -> None:
    for order in company.history:
        ordered = dict(order.lines)
        for parts in (order.shipments, order.invoices):
            total: Counter[str] = Counter()
            for part in parts:
                assert part.quantities
                total.update(part.quantities)
            assert all(0 < quantity <= ordered[sku] for sku, quantity in total.items())
        for invoice in order.invoices:
            for note in invoice.credit_notes:
                assert all(quantity <= invoice.quantities[sku] for sku, quantity in note.quantities.items())


@pytest.mark.parametrize("today", [TODAY, date(2026, 11, 21), date(2027, 1, 1), date(2028, 2, 29)])
def test_things_happen_in_order_and_never_after_the_horizon(today: date) -> None:
    for order in build(today).history:
        moments = [
            order.placed_at,
            order.approved_at or order.rejected_at,
            *(part.at for part in order.shipments),
            order.received_at,
        ]
        known = [moment for moment in moments if moment is not None]
        assert known == sorted(known), order.po_number
        assert known[-1] < horizon(today), order.po_number
        for invoice in order.invoices:
            dates = [invoice.on, *(payment.on for payment in invoice.payments)]
            assert all(day < today for day in (*dates, *(note.on for note in invoice.credit_notes)))
            assert dates == sorted(dates)
            assert sum(payment.share for payment in invoice.payments) <= 1


def test_prepaid_goods_leave_after_the_money_came(company: Company) -> None:
    prepaid = {row["number"] for row in company.dealers if row["payment_terms_days"] == "0"}
    orders = [order for order in company.history if order.dealer in prepaid and order.shipments]
    assert orders
    for order in orders:
        assert order.invoices[0].payments[0].on <= order.shipments[0].at.date()


def test_invoice_and_credit_note_numbers_are_unique(company: Company) -> None:
    invoices = [invoice for order in company.history for invoice in order.invoices]
    numbers = [invoice.number for invoice in invoices] + [
        note.number for invoice in invoices for note in invoice.credit_notes
    ]
    assert len(set(numbers)) == len(numbers)
    assert "" not in numbers


def test_there_is_one_login_per_role(company: Company) -> None:
    roles = [(bool(row["dealer"]), row["role"]) for row in company.users]
    assert sorted(roles) == [
        (False, "administrator"),
        (False, "finance"),
        (False, "sales_rep"),
        (True, "administrator"),
        (True, "buyer"),
        (True, "finance"),
    ]


def test_the_same_day_gives_the_same_company(company: Company) -> None:
    assert build(TODAY) == company


def test_another_seed_gives_another_history(company: Company) -> None:
    assert build(TODAY, seed=7).history != company.history


def test_written_files_read_back_as_the_same_rows(company: Company, tmp_path: Path) -> None:
    written = write_import_files(company, tmp_path / "import")
    assert set(written) == {"products", "stock", "prices", "sales_reps", "dealers"}
    for kind, path in written.items():
        with path.open(encoding="utf-8", newline="") as file:
            assert list(csv.DictReader(file)) == getattr(company, kind)


def _texts(thing: object) -> list[Text]:
    if isinstance(thing, Text):
        return [thing]
    if isinstance(thing, tuple):
        return [text for part in thing for text in _texts(part)]
    if is_dataclass(thing):
        return [text for field in fields(thing) for text in _texts(getattr(thing, field.name))]
    return []


def test_stories_are_complete_in_both_languages_and_name_real_things(company: Company) -> None:
    texts = _texts(HOME) + _texts(NEWS)
    assert len(NEWS) == 3
    assert len(texts) > 20
    assert all(CJK.search(text.zh) and text.en and not CJK.search(text.en) for text in texts)
    files = {picture.file_name for picture in company.pictures}
    assert {HOME.picture, *(story.picture for story in NEWS)} <= files
    assert set(HOME.featured_models) <= {row["model"] for row in company.products}


def test_products_and_pictures_name_each_other(company: Company) -> None:
    assert {row["image"] for row in company.products} == {picture.file_name for picture in company.pictures}
    assert {picture.kind for picture in company.pictures} == set(KINDS)


def test_pictures_are_small_square_and_repeatable(company: Company, tmp_path: Path) -> None:
    some = company.pictures[::30]
    first = [path.read_bytes() for path in draw_all(some, tmp_path / "first")]
    again = [path.read_bytes() for path in draw_all(some, tmp_path / "again")]
    assert first == again
    assert all(len(content) <= 30_000 for content in first)
    with Image.open(tmp_path / "first" / some[0].file_name) as image:
        assert image.size == (800, 800)


def test_kinds_of_products_look_different(company: Company) -> None:
    by_kind = {picture.kind: picture for picture in company.pictures}
    small = {kind: draw(picture).convert("L").resize((16, 16)).tobytes() for kind, picture in by_kind.items()}
    assert len(set(small.values())) == len(KINDS)


def test_the_logo_is_written_as_svg_and_png(tmp_path: Path) -> None:
    svg, png = draw_logo(tmp_path)
    assert svg.read_text(encoding="utf-8").startswith("<svg")
    with Image.open(png) as image:
        assert image.size == (512, 512)
        assert image.mode == "RGBA"
