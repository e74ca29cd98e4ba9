"""Addresses become places: by what the channel sent, by postcode, or by China's areas."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from fulfilment.consumer.data import AddressData
from fulfilment.consumer.placedata import load_packaged
from fulfilment.consumer.places import Place, locate
from tests.fulfilment.consumer_samples import make_place

pytestmark = pytest.mark.django_db


def where(**address: Any) -> tuple[int, int, str, str] | None:
    """Whole degrees, area code and source."""
    (found,) = locate([AddressData(**address)])
    return (int(found.latitude), int(found.longitude), found.area_code, found.source) if found else None


def test_a_migrated_database_has_the_packaged_places() -> None:
    assert Place.objects.filter(country="US").count() > 40_000
    assert Place.objects.filter(country="CA").count() > 1_600
    assert Place.objects.filter(country="CN").count() > 3_000


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ({"country": "US", "postal_code": "98101"}, (47, -122, "98101", "table")),
        ({"country": "US", "postal_code": "98101-2210"}, (47, -122, "98101", "table")),
        ({"country": "CA", "postal_code": "V5K 0A1"}, (49, -123, "V5K", "table")),
        ({"country": "CN", "area_code": "440305"}, (22, 113, "440305", "table")),
        ({"country": "CN", "area_code": "440399"}, (22, 114, "440399", "table")),
        ({"country": "CN", "region": "广东省", "city": "深圳市", "district": "南山区"}, (22, 113, "440305", "table")),
        ({"country": "CN", "region": "广东", "city": "深圳", "district": "不存在区"}, (22, 114, "440300", "table")),
        ({"country": "CN", "region": "北京市", "city": "北京市", "district": "海淀区"}, (39, 116, "110108", "table")),
        ({"country": "CN", "region": "北京", "district": "海淀区"}, (39, 116, "110108", "table")),
        ({"country": "US", "postal_code": "00000"}, None),
        ({"country": "US"}, None),
        ({"country": "ZZ", "postal_code": "98101"}, None),
        ({"country": "CN", "region": "Guangdong"}, None),
        (
            {"country": "DE", "postal_code": "80331", "latitude": Decimal("48.1"), "longitude": Decimal("11.5")},
            (48, 11, "80331", "channel"),
        ),
    ],
)
def test_an_address_is_found(address: dict[str, Any], found: Any) -> None:
    assert where(**address) == found


def test_a_file_of_geonames_adds_countries(tmp_path: Path) -> None:
    file = tmp_path / "DE.txt"
    file.write_text("DE\t10115\tBerlin\tBerlin\tBE\t\t\tBerlin\t11000\t52.5323\t13.3846\t6\n", encoding="utf-8")
    assert where(country="DE", postal_code="10115") is None
    call_command("load_places", str(file))
    assert where(country="DE", postal_code="10115") == (52, 13, "10115", "table")


@pytest.mark.parametrize(
    "line", ["nonsense", "DE\t1\tA\t\t\t\t\t\t\tx\ty\t", "DE\t1\tA\t\t\t\t\t\t\t99\t0\t", "\t" * 11]
)
def test_another_file_is_refused_and_writes_nothing(tmp_path: Path, line: str) -> None:
    file = tmp_path / "DE.txt"
    good = "DE\t10115\tBerlin\tBerlin\tBE\t\t\tBerlin\t11000\t52.5323\t13.3846\t6\n"
    file.write_text(good + line + "\n", encoding="utf-8")
    with pytest.raises(CommandError, match="Row 2"):
        call_command("load_places", str(file))
    assert not Place.objects.filter(country="DE").exists()


def test_loading_again_changes_nothing() -> None:
    before = Place.objects.count()
    load_packaged()
    assert Place.objects.count() == before


def test_any_number_of_addresses_costs_two_statements(django_assert_num_queries: Any) -> None:
    make_place()
    addresses = [AddressData(country="CN", region="广东", city="深圳", district="南山区")] * 100
    addresses += [AddressData(country="US", postal_code=f"981{index:02}") for index in range(100)]
    with django_assert_num_queries(2):
        locate(addresses)
