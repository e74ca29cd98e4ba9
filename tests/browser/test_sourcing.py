"""Sourcing in a real browser: no serious axe finding, it fits a phone, and rules are moved by keyboard."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fulfilment.allocation import keeping, ruleedit
from fulfilment.allocation.models import RuleSet
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visitor
from tests.browser.soundness import violations
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, make_campaign, make_exclusive
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]

SCREENS = (
    "sourcing/rules/",
    "sourcing/rules/new/",
    "sourcing/rules/{live}/",
    "sourcing/rules/{draft}/",
    "sourcing/rules/{draft}/publish/",
    "sourcing/rule/{rule}/",
    "sourcing/terms/",
    "sourcing/contracts/",
    "sourcing/contracts/?q=nothing",
    "sourcing/territories/",
    "sourcing/territories/add/",
    "sourcing/territories/{territory}/",
    "sourcing/margins/",
    "sourcing/campaigns/",
    "sourcing/campaigns/{campaign}/",
    "sourcing/online/",
    "dealers/S-1/consumer-orders/",
    "outlets/{outlet}/service/",
)


@pytest.fixture
def kept(stack: Stack) -> dict[str, Any]:
    """Two shops with everything that is kept of them, a live set of rules, and a draft that differs from it."""
    world: AllocationWorld = make_allocation_world(2)
    draft = ruleedit.copy_live("A draft with a rather long name, to see how it breaks", by=world.staff)
    rule = draft.rules.get()
    rule.offers, rule.dealers, rule.areas = 2, ["S-1", "S-2"], ["10", "11", "12", "13", "14", "15"]
    ruleedit.save_rule(rule, by=world.staff)
    rule.pk, rule._state.adding, rule.name = None, True, "Whoever is left"
    ruleedit.save_rule(rule, by=world.staff)
    shop = world.shops[0]
    service = shop.outlet.consumer_service
    keeping.save_day(service, date(2030, 12, 24), [[540, 720]], "Christmas Eve", by=world.staff)
    return {
        "staff": world.staff,
        "live": world.rule_set.pk,
        "draft": draft.pk,
        "rule": rule.pk,
        "territory": make_exclusive(shop).pk,
        "campaign": make_campaign().pk,
        "outlet": shop.outlet.pk,
    }


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh-hans")], ids=["desktop", "phone"])
def test_every_screen_of_sourcing_is_sound(kept: dict[str, Any], visit: Any, size: Any, language: str) -> None:
    problems: list[str] = []
    visitor: Visitor = visit(size, language)
    visitor.sign_in(kept["staff"].email, factories.PASSWORD)
    visitor.speak(language)
    for path in SCREENS:
        page = visitor.open(f"/console/{path.format(**kept)}")
        problems += [f"{path}: {each}" for each in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            problems.append(f"{path}: wider than the window")
    assert problems == []


def test_rules_are_moved_by_keyboard(kept: dict[str, Any], visit: Any) -> None:
    visitor: Visitor = visit(DESKTOP)
    visitor.sign_in(kept["staff"].email, factories.PASSWORD)
    page = visitor.open(f"/console/sourcing/rules/{kept['draft']}/")
    page.get_by_role("button", name="Move Whoever is left up").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**moved=**")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Move Whoever is left down"
    assert [rule.name for rule in RuleSet.objects.get(pk=kept["draft"]).rules.all()] == ["Whoever is left", "rule 1"]
