"""The demo company loads whole, twice without change, and goes on where it was interrupted."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, Supplier
from dealers.ledger.models import AccountDocument, Posting
from fulfilment.ordering.models import DealerOrder
from portal.demo import load as loading
from portal.demo.company import build
from portal.notifications.models import Mail

Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")
TODAY = date(2026, 11, 20)


@pytest.fixture
def small(monkeypatch: Any, settings: Any, tmp_path: Path) -> Any:
    """The company with its first forty orders, so that the test stays quick."""
    settings.VAR = tmp_path
    company = build(TODAY)
    cut = type(company)(**{**company.__dict__, "history": company.history[:40]})
    monkeypatch.setattr(loading, "build", lambda day: cut)
    monkeypatch.setattr(loading.celery_app.control, "purge", lambda: 0)
    return cut


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Product, Dealer, DealerOrder, AccountDocument))


def test_an_interrupted_load_goes_on_and_a_second_one_changes_nothing(db: None, small: Any, monkeypatch: Any) -> None:
    calls = 0
    place = loading.load_order

    def stop_after_ten(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > 10:
            raise KeyboardInterrupt
        place(*args)

    monkeypatch.setattr(loading, "load_order", stop_after_ten)
    with pytest.raises(KeyboardInterrupt):
        loading.load(TODAY, lambda text: None)
    assert DealerOrder.objects.count() == 10
    monkeypatch.setattr(loading, "load_order", place)
    loading.load(date(2026, 11, 21), lambda text: None)
    loaded = counts()
    assert loaded[1:3] == (40, 40)
    loading.load(date(2026, 11, 25), lambda text: None)
    assert counts() == loaded
    assert Posting.objects.aggregate(sum=Sum("amount"))["sum"] == 0
    assert StockRecord.objects.order_by("-num_in_stock").first().num_in_stock < 100_000, "no trace of the plenty"
    assert not Mail.objects.exists(), "nobody is mailed about the past"
    assert Supplier.current().name_zh


def test_every_login_of_the_file_signs_in(db: None, small: Any, settings: Any) -> None:
    loading.load(TODAY, lambda text: None)
    logins = json.loads((settings.VAR / "demo-logins.json").read_text())
    assert {row["role"] for row in logins} == {
        "dealer buyer",
        "dealer administrator",
        "dealer finance",
        "sales rep",
        "finance",
        "administrator",
    }
    assert all(Client().login(email=row["email"], password=row["password"]) for row in logins)
    assert Client().get("/zh-hans/").status_code == 200
    assert "云雀原" in Client().get("/zh-hans/").content.decode()
