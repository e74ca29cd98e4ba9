"""Screens that make, change and give price lists: sound at both sizes, and arranged by the keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from dealers.accounts.models import DealerGroup
from portal.imports.jobs import run_job
from portal.imports.models import ImportJob, ImportState
from pricing.terms.assign import give_list
from pricing.terms.models import PriceList
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visitor
from tests.browser.soundness import violations
from tests.factories import World
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]

SCREENS = (
    "prices/new/?from=WHOLESALE",
    "prices/WHOLESALE/edit/",
    "prices/WHOLESALE/dealers/",
    "prices/ALPINE/dealers/",
    "dealers/D-ALPINE/lists/",
    "groups/GOLD/",
    "imports/{job}/",
)


@pytest.fixture
def given(stack: Stack) -> dict[str, Any]:
    """A group with a list, and a file that waits for a person."""
    world = factories.make_world()
    group = DealerGroup.objects.create(code="GOLD", name="Gold")
    give_list(PriceList.objects.get(code="WHOLESALE"), groups=[group.pk], by=world.ada)
    content = ContentFile(b"currency,amount\nEUR,100\nEUR,-1\n", name="minimums.csv")
    job = ImportJob.objects.create(
        kind="order_minimums",
        file=content,
        file_name="minimums.csv",
        mapping={"columns": {"currency": "currency", "amount": "amount"}},
        state=ImportState.QUEUED,
        queued_at=timezone.now(),
        started_by=world.ada,
    )
    run_job(job.pk)
    return {"world": world, "job": job.pk}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_screen_of_price_lists_is_sound(given: dict[str, Any], visit: Any, size: Any) -> None:
    world: World = given["world"]
    visitor: Visitor = visit(size)
    visitor.sign_in(world.ada.email, factories.PASSWORD)
    problems: list[str] = []
    for path in SCREENS:
        page = visitor.open("/console/" + path.format(**given))
        problems += [f"{path}: {each}" for each in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            problems.append(f"{path}: wider than the window")
    assert problems == []


def test_lists_change_places_by_the_keyboard_alone(given: dict[str, Any], visit: Any) -> None:
    world: World = given["world"]
    visitor: Visitor = visit(DESKTOP)
    visitor.sign_in(world.ada.email, factories.PASSWORD)
    page = visitor.open("/console/dealers/D-ALPINE/lists/")

    page.get_by_label("Move WHOLESALE nearer").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Not saved yet.").wait_for()
    assert page.evaluate("document.activeElement.value") == "down:WHOLESALE", "the keyboard goes on at the moved list"
    page.get_by_role("button", name="Save the order").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Saved.").wait_for()

    codes = world.alpine.price_lists.order_by("priority").values_list("price_list__code", flat=True)
    assert list(codes) == ["WHOLESALE", "ALPINE"]
