"""Files whose differences a person sees first, and what the console exports in the same columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from dealers.accounts.models import DealerGroup
from portal.imports.jobs import run_job
from portal.imports.models import ImportJob, ImportKind, ImportState
from pricing.promotions.models import Promotion, PromotionScope
from pricing.selling.models import FreightRule, OrderMinimum, SellingChange
from pricing.terms.models import PriceList
from tests.factories import World
from tests.portal.console_samples import sheet_rows, text

FILE = "dealer,currency,amount,mode\nD-ALPINE,EUR,200,warn\nD-NOBODY,EUR,5,warn\n,EUR,100,\n"
COLUMNS = {"dealer": "dealer", "currency": "currency", "amount": "amount", "mode": "mode"}


def job_of(world: World, content: str = FILE, kind: str = "order_minimums", columns: Any = None) -> ImportJob:
    job = ImportJob.objects.create(
        kind=kind,
        file=ContentFile(content.encode(), name="file.csv"),
        file_name="file.csv",
        mapping={"columns": columns or COLUMNS},
        state=ImportState.QUEUED,
        queued_at=timezone.now(),
        started_by=world.ada,
    )
    run_job(job.pk)
    job.refresh_from_db()
    return job


def test_a_file_shows_what_it_would_do_and_writes_it_when_agreed(world: World, as_user: Any) -> None:
    OrderMinimum.objects.create(dealer=world.alpine, currency="EUR", amount=Decimal(150))

    job = job_of(world)

    assert (job.state, job.preview["created"], job.preview["changed"], job.preview["refused"]) == ("confirm", 1, 1, 1)
    assert OrderMinimum.objects.get().amount == 150, "nothing is written yet"
    assert not SellingChange.objects.exists()
    client, url = as_user(world.ada), reverse("console:import_job", args=[job.pk])
    page = text(client, url)
    assert "What the file would do" in page
    assert "150.00" in page
    assert "200.00" in page
    assert "There is no dealer D-NOBODY" in page

    client.post(reverse("console:import_confirm", args=[job.pk]), {"write": "1"})
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.created, job.changed, job.refused) == ("done", 1, 1, 1)
    assert job.problems.count() == 1
    assert OrderMinimum.objects.get(dealer=world.alpine).amount == 200
    assert SellingChange.objects.filter(by=world.ada).count() == 2


def test_a_file_can_be_left_after_looking_at_it(world: World, as_user: Any) -> None:
    job = job_of(world)
    as_user(world.ada).post(reverse("console:import_confirm", args=[job.pk]), {"write": "0"})
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows_read) == ("refused", 0)
    assert not OrderMinimum.objects.exists()


def test_a_file_that_changes_nothing_says_so(world: World, as_user: Any) -> None:
    OrderMinimum.objects.create(currency="EUR", amount=Decimal(100))
    job = job_of(world, "currency,amount\nEUR,100\n", columns={"currency": "currency", "amount": "amount"})
    assert "Nothing would change" in text(as_user(world.ada), reverse("console:import_job", args=[job.pk]))


@pytest.mark.parametrize("kind", ["price_lists", "list_buyers", "order_minimums", "freight_rules", "promotions"])
def test_each_kind_has_a_template(world: World, as_user: Any, kind: str) -> None:
    assert kind in ImportKind.values
    header, *_rest = sheet_rows(as_user(world.ada).get(f"/console/imports/templates/{kind}.xlsx"))
    assert header


def test_what_the_console_exports_is_the_reader_s(world: World, as_user: Any) -> None:
    own = {"kind": "agreement", "owner_dealer": world.bergen}
    PriceList.objects.create(code="B-1", name="Bergen", currency="EUR", **own)
    FreightRule.objects.create(dealer=world.bergen, currency="EUR", charge=1)
    FreightRule.objects.create(currency="EUR", charge=2)
    offer = Promotion.objects.create(code="BOTH", name="Both", kind="percent", percent=1, everything=True)
    for dealer in (world.alpine, world.bergen):
        PromotionScope.objects.create(promotion=offer, dealer=dealer)
    addresses = ("prices/export.xlsx", "prices/buyers.xlsx", "selling/freight/export.xlsx", "promotions/export.xlsx")
    for who, lines, sees_bergen in ((world.rita, (2, 1, 1, 1), False), (world.fay, (3, 2, 2, 1), True)):
        for address, count in zip(addresses, lines, strict=True):
            _header, *rows = sheet_rows(as_user(who).get(f"/console/{address}"))
            assert len(rows) == count, (who, address)
            assert ("D-BERGEN" in str(rows)) == sees_bergen, (who, address)


def test_groups_are_among_who_buys_by_which(world: World, as_user: Any) -> None:
    group = DealerGroup.objects.create(code="GOLD", name="Gold")
    group.price_lists.create(price_list=PriceList.objects.get(code="WHOLESALE"), priority=1)
    _header, *rows = sheet_rows(as_user(world.rita).get("/console/prices/buyers.xlsx"))
    assert [tuple(cell or "" for cell in row) for row in rows] == [
        ("D-ALPINE", "", "ALPINE; WHOLESALE"),
        ("", "GOLD", "WHOLESALE"),
    ]
