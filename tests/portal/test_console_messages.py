"""The console's messages: who sees them, what they say, and what may be done to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from lxml import etree

from erp_bridge.inbound.models import InboundDocument
from erp_bridge.outbox.deliver import deliver_waiting
from erp_bridge.outbox.models import OutboxMessage
from fulfilment.ordering.review import approve
from fulfilment.shipping.models import Shipment
from tests.erp_bridge.inbox import despatch, leave, respond, sweep
from tests.erp_bridge.orders import approved, message_of, placed
from tests.factories import World

LIST, INBOUND = reverse("console:messages"), reverse("console:inbound_messages")


@pytest.fixture
def parked(world: World) -> OutboxMessage:
    """Alpine's order, whose file is in the way."""
    message = message_of(approved(world))
    OutboxMessage.objects.update(
        state="parked", fence=1, error={"template": "Account %(number)s is closed.", "values": {"number": "<D-1>"}}
    )
    message.refresh_from_db()
    return message


@pytest.mark.parametrize(("who", "status"), [("alice", 403), ("rita", 403), ("fay", 200), ("ada", 200)])
def test_finance_and_administrators_see_messages(world: World, as_user: Any, who: str, status: int) -> None:
    pk = message_of(approved(world)).pk
    leave("x.xml", b"<")
    sweep()
    client = as_user(getattr(world, who))
    addresses = (
        LIST,
        INBOUND,
        reverse("console:message", args=[pk]),
        reverse("console:message_xml", args=[pk]),
        reverse("console:inbound_message", args=[InboundDocument.objects.get().pk]),
        reverse("console:inbound_content", args=[InboundDocument.objects.get().pk]),
    )
    assert [client.get(address).status_code for address in addresses] == [status] * len(addresses)


def test_finance_may_look_but_not_replay(world: World, as_user: Any, parked: OutboxMessage) -> None:
    client = as_user(world.fay)
    assert b"Replay" not in client.get(reverse("console:message", args=[parked.pk])).content
    assert client.post(reverse("console:message_replay", args=[parked.pk])).status_code == 403
    parked.refresh_from_db()
    assert parked.state == "parked"


def test_the_list_shows_figures_errors_and_filters(world: World, as_user: Any, parked: OutboxMessage) -> None:
    waiting = message_of(approved(world, {world.pan: 1}, by=world.bob))
    client = as_user(world.fay)

    page = client.get(LIST)
    assert page.context["figures"][0]["value"] == 1
    assert page.context["figures"][2]["value"] == 1
    assert "Account &lt;D-1&gt; is closed." in page.content.decode()

    def listed(**filters: str) -> list[int]:
        return [row.pk for row in client.get(LIST, filters).context["page"].rows]

    assert listed() == [waiting.pk, parked.pk]
    assert listed(state="parked") == [parked.pk]
    assert listed(q=waiting.order_number) == [waiting.pk]
    assert listed(q="d-bergen") == [waiting.pk]
    assert listed(since="2000-01-01", until="2000-01-02") == []
    assert listed(state="nonsense") == []
    assert client.get(LIST, {"q": "a\x00b"}).status_code in (200, 404)


def test_the_list_costs_the_same_queries_for_any_number_of_messages(
    world: World, as_user: Any, django_assert_max_num_queries: Any
) -> None:
    for quantity in range(1, 6):
        approved(world, {world.pan: quantity})
    client = as_user(world.ada)
    client.get(LIST)
    with django_assert_max_num_queries(9):
        client.get(LIST)


def test_a_message_shows_the_order_and_what_happened(world: World, as_user: Any) -> None:
    message = message_of(approved(world))
    deliver_waiting()
    client = as_user(world.fay)

    text = client.get(reverse("console:message", args=[message.pk])).content.decode()
    for part in ("PAN-24", "520.25", "Attempt 1", "Delivered", f"{message.order_number}.xml"):
        assert part in text
    xml = client.get(reverse("console:message_xml", args=[message.pk]))
    assert etree.fromstring(xml.content).findtext("{*}ID") == message.order_number
    assert "attachment" in xml["Content-Disposition"]


def test_replay_sends_a_parked_message(world: World, as_user: Any, parked: OutboxMessage) -> None:
    client = as_user(world.ada)
    response = client.post(
        reverse("console:message_replay", args=[parked.pk]), {"replay-reason": "Opened"}, follow=True
    )
    assert "on its way again" in response.content.decode()
    assert deliver_waiting() == 1


def test_sending_again_and_parking_need_a_reason(world: World, as_user: Any) -> None:
    message = message_of(approved(world))
    client = as_user(world.ada)
    assert client.post(reverse("console:message_park", args=[message.pk]), {"park-reason": " "}).status_code == 422
    client.post(reverse("console:message_park", args=[message.pk]), {"park-reason": "Wait"})
    message.refresh_from_db()
    assert message.state == "parked"
    again = reverse("console:message_send_again", args=[message.pk])
    assert client.post(again, {}).status_code == 422
    client.post(again, {"send_again-reason": "Lost"})
    message.refresh_from_db()
    assert (message.state, message.revision) == ("pending", 2)
    refused = client.post(again, {"send_again-reason": "Lost"}, follow=True)
    assert "Only a message that was delivered" in refused.content.decode()


def test_messages_that_do_not_exist_are_404(world: World, as_user: Any) -> None:
    client = as_user(world.ada)
    for route in ("message", "message_xml", "inbound_message", "inbound_content"):
        assert client.get(reverse(f"console:{route}", args=[99])).status_code == 404
    for route in ("message_replay", "inbound_apply", "inbound_dismiss"):
        assert client.post(reverse(f"console:{route}", args=[99])).status_code == 404


def test_what_was_set_aside_is_shown_escaped_and_applied_again(world: World, as_user: Any) -> None:
    order = placed(world)
    despatch(order, "DN-1", ("1", "PAN-24", 4))
    leave("evil.xml", b"<script>alert(1)</script>")
    sweep()
    client = as_user(world.ada)
    evil = InboundDocument.objects.get(file_name="evil.xml")
    early = InboundDocument.objects.get(file_name="DN-1.xml")

    text = client.get(reverse("console:inbound_message", args=[evil.pk])).content.decode()
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert(1)" not in text
    content = client.get(reverse("console:inbound_content", args=[evil.pk]))
    assert (content.content, content["Content-Type"]) == (b"<script>alert(1)</script>", "application/octet-stream")

    apply_url = reverse("console:inbound_apply", args=[early.pk])
    assert "has not been approved" in client.post(apply_url, follow=True).content.decode()
    approve(order.pk, by=world.ada)
    assert "The document is applied." in client.post(apply_url, follow=True).content.decode()
    assert Shipment.objects.count() == 1

    dismiss_url = reverse("console:inbound_dismiss", args=[evil.pk])
    assert client.post(dismiss_url, {}).status_code == 422
    client.post(dismiss_url, {"dismiss-reason": "A joke"})
    evil.refresh_from_db()
    assert evil.state == "dismissed"


def test_inbound_is_found_by_order_document_and_state(world: World, as_user: Any) -> None:
    order = approved(world)
    respond(order, "RSP-77", erp_number="SO-1")
    leave("broken.xml", b"<")
    sweep()
    client = as_user(world.fay)

    def listed(**filters: str) -> list[str]:
        return [row.file_name for row in client.get(INBOUND, filters).context["page"].rows]

    assert listed(q=order.number) == ["RSP-77.xml"]
    assert listed(q="rsp-77") == ["RSP-77.xml"]
    assert listed(state="set_aside") == ["broken.xml"]
    assert listed(kind="order_response") == ["RSP-77.xml"]
    assert reverse("console:order", args=[order.number]) in client.get(INBOUND).content.decode()
