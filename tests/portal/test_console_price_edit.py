"""Prices by hand, their history, and price files that stand for whole lists."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.imports.jobs import run_job
from portal.imports.models import ImportJob, ImportState
from pricing.quote import quote, supplier_day
from pricing.terms.audit import PriceChange, acting
from pricing.terms.intake import PricesIntake
from pricing.terms.models import Price, PriceList
from tests.factories import World
from tests.intakes import counts, take
from tests.portal.console_samples import sheet_rows, text

HISTORY = "/console/prices/history/"


@pytest.fixture
def price(world: World) -> Price:
    return Price.objects.get(price_list__code="WHOLESALE", product=world.pan, min_quantity=1)


def change(client: Any, shown: Price, **values: str) -> Any:
    """Post the form of a price as it was shown, with other values."""
    data = {"price": str(shown.price), "valid_to": "", "seen_price": str(shown.price), "seen_valid_to": ""}
    return client.post(f"/console/prices/rows/{shown.pk}/", {**data, **values})


def test_a_changed_price_counts_at_once_and_is_in_the_history(world: World, as_user: Any, price: Price) -> None:
    client = as_user(world.ada)

    assert change(client, price, price="21.50").status_code == 302

    assert quote(world.bergen, [(world.pan.pk, 1)]).lines[0].unit_price == Decimal("21.50")
    done = PriceChange.objects.first()
    assert done is not None
    assert (done.by, done.old_price, done.new_price) == (world.ada, price.price, Decimal("21.50"))
    page = text(client, HISTORY, sku="PAN-24")
    assert "21.50" in page
    assert str(world.ada) in page


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(world: World, as_user: Any, price: Price) -> None:
    Price.objects.filter(pk=price.pk).update(price="33")

    response = change(as_user(world.ada), price, price="21.50")

    assert response.status_code == 422
    assert "Somebody else changed" in response.content.decode()
    price.refresh_from_db()
    assert price.price == 33


@pytest.mark.parametrize("wrong", ["0", "-1", "1.23456", "NaN", "", "abc", "99999999999"])
def test_a_price_that_cannot_be_is_said_at_the_field(world: World, as_user: Any, price: Price, wrong: str) -> None:
    response = change(as_user(world.ada), price, price=wrong)

    assert response.status_code == 422
    assert "price" in response.context["form"].errors


def test_a_price_is_added_once(world: World, as_user: Any) -> None:
    client, url = as_user(world.ada), "/console/prices/ALPINE/add/"
    data = {"sku": "pan-24", "min_quantity": "25", "price": "9.99"}

    assert client.post(url, data).status_code == 302
    again = client.post(url, data)

    assert again.status_code == 422
    assert "sku" in again.context["form"].errors
    assert Price.objects.get(price_list__code="ALPINE", min_quantity=25).price == Decimal("9.99")


def test_a_price_ends_with_today_and_one_to_come_is_taken_away(world: World, as_user: Any, price: Price) -> None:
    today = supplier_day(timezone.now())
    later = Price.objects.create(
        price_list=price.price_list, product=world.pan, price="5", min_quantity=9, valid_from=today + timedelta(days=1)
    )

    for each in (price, later):
        assert as_user(world.ada).post(f"/console/prices/rows/{each.pk}/end/").status_code == 302

    price.refresh_from_db()
    assert price.valid_to == today
    assert not Price.objects.filter(pk=later.pk).exists()


def test_only_administrators_change_prices(world: World, as_user: Any, price: Price) -> None:
    for user in (world.rita, world.fay, world.alice):
        assert change(as_user(user), price, price="1").status_code == 403
        assert as_user(user).post(f"/console/prices/rows/{price.pk}/end/").status_code == 403
    assert as_user(world.alice).get(HISTORY).status_code == 403
    assert as_user(world.ada).get("/console/prices/rows/999999/").status_code == 404


def test_the_history_is_filtered_by_list_sku_person_and_days(world: World, as_user: Any, price: Price) -> None:
    with acting(world.ada, "import:7"):
        Price.objects.filter(pk=price.pk).update(price="31.41")
    client = as_user(world.ada)

    def shown(**query: str) -> bool:
        return any(row["change"].new_price == Decimal("31.41") for row in client.get(HISTORY, query).context["rows"])

    day = supplier_day(timezone.now())
    assert shown()
    assert shown(list="wholesale", sku="pan-24", who=str(world.ada)[:3], first=str(day), last=str(day))
    assert not shown(list="ALPINE")
    assert not shown(sku="POT-5L")
    assert not shown(who="nobody")
    assert not shown(last=str(day - timedelta(days=1)))
    exported = sheet_rows(client.get(f"{HISTORY}export.xlsx", {"who": str(world.ada)}))
    assert [(row[1], row[2], Decimal(str(row[6])), row[11]) for row in exported[1:]] == [
        ("WHOLESALE", "PAN-24", Decimal("31.41"), "Import 7")
    ]


def test_the_history_costs_the_same_at_any_length(world: World, as_user: Any, price: Price) -> None:
    client, queried = as_user(world.ada), []
    for more in (3, 60):
        for number in range(more):
            Price.objects.filter(pk=price.pk).update(price=number + more)
        with CaptureQueriesContext(connection) as queries:
            client.get(HISTORY)
        queried.append(len(queries))
    assert queried[0] == queried[1] <= 10


def test_the_csv_imported_again_changes_nothing(world: World, as_user: Any) -> None:
    wholesale = PriceList.objects.get(code="WHOLESALE")
    response = as_user(world.ada).get("/console/prices/WHOLESALE/export.csv")
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    names, *lines = [line.split(",") for line in content.splitlines()]

    outcome = take(PricesIntake, *(dict(zip(names, line, strict=True)) for line in lines))

    assert counts(outcome) == (0, 0, wholesale.prices.count(), 0)


def price_job(world: World, content: str, **fields: Any) -> ImportJob:
    columns = {name: name for name in content.partition("\n")[0].split(",")}
    values = {"state": ImportState.QUEUED, "queued_at": timezone.now(), "mapping": {"columns": columns}, **fields}
    file = ContentFile(content.encode(), name="prices.csv")
    return ImportJob.objects.create(kind="prices", file=file, file_name="prices.csv", started_by=world.ada, **values)


FILE = "price_list,sku,price\nALPINE,PAN-24,12.5\n"


def test_a_job_names_refused_rows_and_its_changes_carry_its_number(world: World) -> None:
    job = price_job(world, FILE + "ALPINE,NOPE,1\nALPINE,POT-5L,-1\n")

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.rows_read, job.rows_total, job.created, job.refused) == ("done", 3, 3, 1, 2)
    assert list(job.problems.values_list("row", "field")) == [(3, "sku"), (4, "price")]
    assert PriceChange.objects.filter(source=f"import:{job.pk}", by=world.ada).count() == 1


def test_a_job_that_was_interrupted_starts_over_and_counts_once(world: World) -> None:
    job = price_job(world, FILE + "ALPINE,NOPE,1\n", rows_read=1, refused=5)
    job.problems.create(row=9, field="sku", message="left by the run that died")

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.rows_read, job.created, job.refused) == (2, 1, 1)
    assert list(job.problems.values_list("row", flat=True)) == [3]


def test_a_job_that_died_after_writing_keeps_its_counts(world: World) -> None:
    job = price_job(world, FILE, rows_read=1, created=1, written=True)

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.created, job.unchanged) == ("done", 1, 0)


@pytest.mark.parametrize("end", ["1", "0"])
def test_a_whole_list_asks_before_it_ends_prices(
    world: World, as_user: Any, end: str, django_capture_on_commit_callbacks: Any
) -> None:
    job = price_job(world, FILE, whole_lists=True)
    client = as_user(world.ada)

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.missing) == ("confirm", 1)
    assert not Price.objects.filter(price_list__code="ALPINE", product=world.pan).exists()
    assert "is not in the file" in text(client, f"/console/imports/{job.pk}/")
    client.post(f"/console/imports/{job.pk}/confirm/", {"end": end, "missing": "1"})
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.created, job.ended) == ("done", 1, int(end))
    knife = Price.objects.get(price_list__code="ALPINE", product=world.knife)
    assert (knife.valid_to is not None) == (end == "1")


def test_another_number_than_the_one_shown_confirms_nothing(world: World, as_user: Any) -> None:
    job = price_job(world, FILE, whole_lists=True)
    run_job(job.pk)

    as_user(world.ada).post(f"/console/imports/{job.pk}/confirm/", {"end": "1", "missing": "2"})

    job.refresh_from_db()
    assert (job.state, job.confirmed) == ("confirm", None)


def test_a_price_that_moves_far_is_asked_for_again(world: World, as_user: Any, price: Price) -> None:
    ada = as_user(world.ada)

    asked = change(ada, price, price="2.15").content.decode()

    assert "from 20.00 EUR to 2.15 EUR (-89.3 %)" in asked
    price.refresh_from_db()
    assert price.price == Decimal("20.0000")
    assert change(ada, price, price="2.50", confirmed_price="2.15").status_code == 200, "another price was agreed to"
    assert change(ada, price, price="2.15", confirmed_price="2.15").status_code == 302
    price.refresh_from_db()
    assert price.price == Decimal("2.1500")


def test_how_far_is_a_setting(world: World, as_user: Any, price: Price, settings: Any) -> None:
    settings.PRICE_ASKS_FROM_PERCENT = 5
    assert change(as_user(world.ada), price, price="21.50").status_code == 200
    assert change(as_user(world.ada), price, price="21.00").status_code == 302


def test_a_new_price_is_compared_with_the_one_that_holds(world: World, as_user: Any, price: Price) -> None:
    ada, soon = as_user(world.ada), (supplier_day(timezone.now()) + timedelta(days=3)).isoformat()
    new = {"sku": "PAN-24", "min_quantity": "1", "price": "200", "valid_from": soon}
    assert "from 20.00 EUR to 200.00 EUR" in ada.post("/console/prices/WHOLESALE/add/", new).content.decode()
    assert ada.post("/console/prices/WHOLESALE/add/", new | {"confirmed_price": "2E+2"}).status_code == 302
    other = {"sku": "KNIFE-8", "min_quantity": "1", "price": "200"}
    assert ada.post("/console/prices/WHOLESALE/add/", other).status_code == 302, "nothing to compare it with"
