"""A person's hand on a message: replay, send again, park."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from erp_bridge.adapters.errors import PermanentError
from erp_bridge.outbox import claims
from erp_bridge.outbox.actions import ActionRefused, park, replay, send_again
from erp_bridge.outbox.deliver import deliver_waiting
from erp_bridge.outbox.models import MessageState
from tests.erp_bridge.fakes import FakeErp
from tests.erp_bridge.orders import approved, files, message_of
from tests.factories import World


def test_replay_delivers_what_was_parked_and_leaves_a_trace(world: World) -> None:
    message = message_of(approved(world))
    erp = FakeErp(PermanentError("closed", "Closed."))
    deliver_waiting(erp)

    replay(message.pk, by=world.ada, reason="Opened again")
    deliver_waiting(erp)

    message.refresh_from_db()
    assert message.state == MessageState.DONE
    assert [(a.action, a.by, a.reason) for a in message.actions.all()] == [("replay", world.ada, "Opened again")]
    assert erp.staged == [(message.order_number, 1)]  # the token was kept: the same document, not another


def test_a_delivered_message_is_not_replayed_but_may_be_sent_again_for_a_reason(world: World, settings: Any) -> None:
    message = message_of(approved(world))
    deliver_waiting()
    with pytest.raises(ActionRefused):
        replay(message.pk, by=world.ada)
    with pytest.raises(ActionRefused):
        send_again(message.pk, by=world.ada, reason=" ")

    send_again(message.pk, by=world.ada, reason="The ERP was restored from yesterday")
    deliver_waiting()

    number = message.order_number
    assert files(settings.ERP_OUT_DIR) == [f"{number}-2.xml", f"{number}.xml"]
    both = [etree.parse(path).getroot() for path in Path(settings.ERP_OUT_DIR).glob("*.xml")]
    assert len({(root.findtext("{*}ID"), root.findtext("{*}UUID")) for root in both}) == 1


def test_a_parked_message_stays_until_it_is_replayed(world: World) -> None:
    message = message_of(approved(world))
    with pytest.raises(ActionRefused):
        park(message.pk, by=world.ada, reason="")

    park(message.pk, by=world.ada, reason="Wait for the new address")

    assert deliver_waiting(FakeErp()) == 0
    message.refresh_from_db()
    assert message.error_text == "Parked by Ada Test: Wait for the new address"
    replay(message.pk, by=world.ada)
    assert deliver_waiting(FakeErp()) == 1


def test_nobody_touches_a_message_that_is_being_sent(world: World) -> None:
    message = message_of(approved(world))
    claims.claim()

    for action in (replay, park):
        with pytest.raises(ActionRefused):
            action(message.pk, by=world.ada, reason="Now")
