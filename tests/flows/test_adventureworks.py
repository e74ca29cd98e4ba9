"""The bicycle maker AdventureWorks, loaded whole from files that nobody edited."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, Outlet, SalesRep, Territory
from fulfilment.stock.models import Location, StockLevel
from portal.imports.folder import import_folder
from portal.search.query import matching
from pricing.catalogue.models import ProductCard
from pricing.quote import assortment, quote
from pricing.terms.models import Price
from tests.environment import ROOT

Product = get_model("catalogue", "Product")
ProductImage = get_model("catalogue", "ProductImage")

FOLDER = Path(os.environ.get("ADVENTUREWORKS", ROOT.parent / "shared" / "data" / "adventureworks"))

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="needs ../shared/data/adventureworks"),
]

SALE = Product.objects.exclude(structure=Product.PARENT)


def test_the_whole_set_loads_and_a_second_time_changes_nothing() -> None:
    first = dict(import_folder(FOLDER, "adventureworks"))

    assert not [problem for totals in first.values() for problem in totals.problems]
    assert {name: totals.created for name, totals in first.items()} == {
        "products from products.csv": 504,
        "stock from inventory.csv": 1069,
        "prices from products.csv": 304,
        "prices from special_offer_products.csv": 185,
        "sales_reps from sales_reps.csv": 17,
        "dealers from dealers.csv": 701,
    }

    second = dict(import_folder(FOLDER, "adventureworks"))

    assert all(totals.created == totals.changed == totals.refused == 0 for totals in second.values())


def test_what_was_loaded_is_there(tmp_path: Any) -> None:
    call_command("import_folder", str(FOLDER), "--mappings", "adventureworks", stdout=(tmp_path / "out").open("w"))

    assert SALE.count() == 504
    assert SALE.filter(categories=None, parent__categories=None).count() == 209
    assert ProductImage.objects.count() == 158
    assert ProductImage.objects.values("original").distinct().count() == 41
    assert ProductCard.objects.filter(product__in=SALE).exclude(description_zh="").count() == 294
    assert (Location.objects.count(), StockLevel.objects.count()) == (14, 1069)
    assert (SalesRep.objects.count(), Territory.objects.count()) == (17, 10)
    assert (Dealer.objects.count(), Outlet.objects.exclude(latitude=None).count()) == (701, 701)
    assert not Dealer.objects.filter(sales_rep=None).exists()
    assert Price.objects.filter(min_quantity__gt=1).count() == 185
    helmet = Product.objects.get(upc="HL-U509-R")
    dealer = Dealer.objects.get(number="AW00000001")
    lines = quote(dealer, [(helmet.pk, 10), (helmet.pk, 11), (helmet.pk, 61)]).lines
    assert [line.unit_price for line in lines] == [Decimal("34.9900"), Decimal("34.2902"), Decimal("33.2405")]
    assert assortment(dealer).filter(matching("铝合金")).exists()
    assert helmet in assortment(dealer).filter(matching("u509"))
