"""Sourcing rules in the console: drafts, rules in order, comparing and publishing, and who may do what."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fulfilment.allocation import ruleedit
from fulfilment.allocation.change import What, last_change
from fulfilment.allocation.models import ConsumerCampaign, OutletService, RuleSet, RuleSetState, SourcingRule
from portal.console.sourcing_rule_forms import SourcingRuleForm
from tests.factories import World
from tests.fulfilment.consumer_samples import make_channel

SETS, NEW = "/console/sourcing/rules/", "/console/sourcing/rules/new/"


@pytest.fixture
def ada(world: World, as_user: Any) -> Client:
    return as_user(world.ada)


@pytest.fixture
def draft(world: World) -> RuleSet:
    made = ruleedit.new_draft("First", by=world.ada)
    for name in ("near", "far"):
        ruleedit.save_rule(SourcingRule(rule_set=made, name=name), by=world.ada)
    return made


def body(rule_set: RuleSet, **fields: Any) -> dict[str, Any]:
    """A rule's form as the browser sends it."""
    form = SourcingRuleForm(instance=SourcingRule(rule_set=rule_set))
    sent = {name: form[name].value() for name in form.fields}
    values = {name: value for name, value in sent.items() if value is not None and value is not False}
    return values | {"name": "new", "seen": last_change(What.RULES, str(rule_set.pk))} | fields


def url(name: str, pk: int) -> str:
    return reverse(f"console:sourcing_{name}", args=[pk])


def test_a_draft_is_made_filled_compared_and_published(world: World, ada: Client) -> None:
    ada.post(NEW, {"name": "Spring", "note": "Nearest first", "origin": ""})
    made = RuleSet.objects.get()
    channel = make_channel()
    ConsumerCampaign.objects.create(code="LAUNCH", name="Launch", currency="EUR")
    OutletService.objects.create(outlet=world.outlet, area_code="10115")
    rule = body(made, channels=[channel.code], methods=["delivery"], areas="101, 10 115", tags="LAUNCH")
    rule |= {"dealers": "d-alpine", "least_value": "50", "most_value": "500", "mode": "competitive", "offers": "3"}
    assert ada.post(url("rule_add", made.pk), rule).status_code == 302
    kept = made.rules.get()
    assert (kept.areas, kept.dealers, kept.channels) == (["101", "10115"], ["D-ALPINE"], [channel.code])
    page = ada.get(url("set", made.pk)).content.decode()
    for words in (channel.name, "areas 101…, 10115…", "only Alpine Kitchens", "3 at once", "campaign LAUNCH"):
        assert words in page
    compared = ada.get(url("set_publish", made.pk))
    assert [row["word"] for row in compared.context["rows"]] == ["Added"]
    seen = compared.context["seen"]
    ada.post(url("set_publish", made.pk), {"instead_of": "", "seen": seen})
    made.refresh_from_db()
    assert (made.state, made.live_by) == (RuleSetState.LIVE, world.ada)
    assert "Ada Test" in ada.get(url("set", made.pk)).content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "NEAR"}, "name"),
        ({"name": ""}, "name"),
        ({"channels": ["nowhere"]}, "channels"),
        ({"methods": ["drone"]}, "methods"),
        ({"areas": "ZZ9"}, "areas"),
        ({"tags": "NOTHING"}, "tags"),
        ({"groups": ["none"]}, "groups"),
        ({"dealers": "D-NOBODY"}, "dealers"),
        ({"dealers": "D-ALPINE", "without_dealers": "D-ALPINE"}, "without_dealers"),
        ({"least_value": "10", "most_value": "9.99"}, "most_value"),
        ({"least_value": "-1"}, "least_value"),
        ({"parcels": "4"}, "parcels"),
        ({"offers": "0"}, "offers"),
        ({"timeout": "0"}, "timeout"),
        ({"mode": "shout"}, "mode"),
        ({"on_exhausted": ""}, "on_exhausted"),
        ({"fairness_cost": "1.005"}, "fairness_cost"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    world: World, ada: Client, draft: RuleSet, changes: dict[str, Any], field: str
) -> None:
    response = ada.post(url("rule_add", draft.pk), body(draft, **changes))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert draft.rules.count() == 2


def test_rules_are_moved_changed_and_removed(world: World, ada: Client, draft: RuleSet) -> None:
    near, far = draft.rules.order_by("position")
    response = ada.post(url("rule_move", far.pk), {"way": "up"})
    assert "autofocus" in ada.get(response["Location"]).content.decode()
    assert list(draft.rules.order_by("position")) == [far, near]
    ada.post(url("rule", far.pk), body(draft, name="far", offers="2"))
    far.refresh_from_db()
    assert far.offers == 2
    ada.post(url("rule_remove", near.pk))
    assert list(draft.rules.all()) == [far]
    history = ada.get(url("set", draft.pk)).context["changes"]
    assert [row["field"] for row in history[:2]] == ["Rule near", "far: Dealers asked at most"]


def test_a_rule_is_not_saved_over_somebody_elses_change(world: World, ada: Client, draft: RuleSet) -> None:
    rule = draft.rules.get(name="far")
    outdated = body(draft, name="far", offers="2")
    ruleedit.move(rule.pk, -1, by=world.fay)
    response = ada.post(url("rule", rule.pk), outdated)
    assert response.status_code == 422
    assert "Fay Test" in response.content.decode()
    assert ada.post(url("rule", rule.pk), body(draft, name="far", offers="2")).status_code == 302


def test_a_live_set_is_copied_not_changed(world: World, ada: Client, draft: RuleSet) -> None:
    ruleedit.publish(draft.pk, by=world.ada)
    rule = draft.rules.get(name="far")
    assert ada.get(url("rule_add", draft.pk)).status_code == 404
    ada.post(url("rule", rule.pk), body(draft, name="far", offers="2"))
    ada.post(url("rule_move", rule.pk), {"way": "up"})
    ada.post(url("rule_remove", rule.pk))
    ada.post(url("set_discard", draft.pk))
    ada.post(url("set", draft.pk), {"name": "Other", "note": ""})
    draft.refresh_from_db()
    assert draft.name == "First"
    assert list(draft.rules.order_by("position").values_list("name", "offers")) == [("near", 4), ("far", 4)]
    assert ada.get(NEW, {"from": draft.pk}).context["form"]["origin"].value() == str(draft.pk)
    ada.post(NEW, {"name": "Copy", "note": "", "origin": draft.pk})
    assert [rule.name for rule in RuleSet.objects.get(name="Copy").rules.all()] == ["near", "far"]


def test_what_became_live_meanwhile_is_told_instead_of_retired(world: World, ada: Client, draft: RuleSet) -> None:
    other = ruleedit.copy(draft.pk, "Other", by=world.fay)
    seen = last_change(What.RULES, str(draft.pk))
    ruleedit.publish(other.pk, by=world.fay)
    response = ada.post(url("set_publish", draft.pk), {"instead_of": "", "seen": seen}, follow=True)
    assert "“Other” became live meanwhile" in response.content.decode()
    assert RuleSet.objects.get(state=RuleSetState.LIVE) == other


def test_pages_cost_the_same_for_any_number(world: World, ada: Client, draft: RuleSet) -> None:
    def statements(page: str) -> int:
        with CaptureQueriesContext(connection) as sent:
            assert ada.get(page).status_code == 200
        return len(sent)

    pages = (SETS, url("set", draft.pk), url("set_publish", draft.pk))
    draft.rules.update(dealers=["D-ALPINE"], channels=["web"], groups=["none"])
    ruleedit.publish(ruleedit.copy(draft.pk, "Live", by=world.ada).pk, by=world.ada)
    few = [statements(page) for page in pages]
    for number in range(15):
        ruleedit.save_rule(SourcingRule(rule_set=draft, name=f"more {number}", dealers=["D-BERGEN"]), by=world.ada)
        ruleedit.new_draft(f"Draft {number}", by=world.ada)
    assert [statements(page) for page in pages] == few
    assert few == [4, 8, 8]


def test_finance_reads_reps_do_not_and_neither_changes(world: World, draft: RuleSet, as_user: Any) -> None:
    fay, rita = as_user(world.fay), as_user(world.rita)
    rule = draft.rules.get(name="near")
    for page in (SETS, url("set", draft.pk), url("rule", rule.pk)):
        assert fay.get(page).status_code == 200, page
        assert rita.get(page).status_code == 403, page
    assert "Compare and publish" not in fay.get(url("set", draft.pk)).content.decode()
    for page in (NEW, url("rule_add", draft.pk), url("set_publish", draft.pk), url("rule_move", rule.pk)):
        assert fay.post(page).status_code == 403, page
    assert fay.post(url("rule", rule.pk), body(draft, name="mine")).status_code == 404
    fay.post(url("set", draft.pk), {"name": "Mine", "note": ""})
    draft.refresh_from_db()
    assert draft.name == "First"
