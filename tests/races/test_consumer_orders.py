"""The same external order, brought twenty times at once by processes, is one order; with the guard off it is not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from fulfilment.consumer.commands import Carried, cancel, change
from fulfilment.consumer.data import ConsumerConflict, body_hash
from fulfilment.consumer.deliveries import carry_out, keep
from fulfilment.consumer.models import Channel, ConsumerOrder, ConsumerOrderLine, ConsumerStep, WebhookDelivery
from tests import factories
from tests.environment import ROOT
from tests.fulfilment.consumer_samples import line, make_channel, make_place, order_data, taken
from tests.portal.webhook_samples import SHOPIFY
from tests.races.test_stock import at_once

pytestmark = pytest.mark.race

PROCESSES, EACH = 4, 5
#: A process that says it is ready, waits for the word, and then brings the order from threads of its own.
CHILD = """
import json, sys, threading
from concurrent.futures import ThreadPoolExecutor
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from django.db import connections
from fulfilment.consumer.data import ConsumerRefused, body_hash
from fulfilment.consumer.models import Channel
from fulfilment.consumer.receive import Bringer, receive
from tests.fulfilment.consumer_samples import order_data, line
channel = Channel.objects.get()
gate = threading.Barrier(int(sys.argv[2]) + 1)
def bring(place):
    data = order_data(sys.argv[3]) if sys.argv[4] == "same" else order_data(sys.argv[3], line(quantity=place + 1))
    gate.wait(60)
    try:
        answer = receive(channel, data, body_hash=body_hash(data), by=Bringer())
        return [answer.order.pk, "again" if answer.repeated else "first"]
    except ConsumerRefused as why:
        return [None, why.problems[0].code]
    except Exception as why:
        return [None, type(why).__name__]
    finally:
        connections.close_all()
with ThreadPoolExecutor(int(sys.argv[2])) as pool:
    jobs = [pool.submit(bring, int(sys.argv[5]) * 100 + place) for place in range(int(sys.argv[2]))]
    connections.close_all()
    print("ready", flush=True)
    sys.stdin.readline()
    gate.wait(60)
    print(json.dumps([job.result() for job in jobs]), flush=True)
"""


def bring_at_once(database: str, number: str, content: str) -> list[Any]:
    """What each of twenty callers in four processes was answered."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, database, str(EACH), number, content, str(place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for place in range(PROCESSES)
    ]
    try:
        for child in children:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin
            child.stdin.write("go\n")
            child.stdin.flush()
        return [answer for child in children for answer in json.loads(child.communicate(timeout=120)[0])]
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
                child.wait()


@pytest.fixture
def database(committed_db: None) -> str:
    factories.make_world()
    make_place()
    make_channel()
    return str(connection.settings_dict["NAME"])


def test_twenty_at_once_make_one_order(database: str) -> None:
    answers = bring_at_once(database, "W-1", "same")
    assert Counter(word for _order, word in answers) == {"first": 1, "again": 19}
    assert {order for order, _word in answers} == {ConsumerOrder.objects.get().pk}
    assert (ConsumerOrderLine.objects.count(), ConsumerStep.objects.count()) == (1, 2)


def test_of_twenty_that_say_different_things_one_is_taken(database: str) -> None:
    answers = bring_at_once(database, "W-1", "different")
    assert Counter(word for _order, word in answers) == {"first": 1, "other_content": 19}
    assert (ConsumerOrder.objects.count(), ConsumerOrderLine.objects.count()) == (1, 1)


def test_the_race_is_real_without_the_unique_key(database: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE fulfilment_consumer_consumerorder DROP CONSTRAINT one_consumer_order_per_channel_and_number"
        )
    answers = bring_at_once(database, "W-1", "same")
    assert sum(word == "first" for _order, word in answers) > 1
    assert ConsumerOrder.objects.count() > 1


def test_a_repeat_after_the_race_is_still_the_same(database: str) -> None:
    bring_at_once(database, "W-1001", "same")
    assert taken(ConsumerOrder.objects.get().channel, order_data()).pk == ConsumerOrder.objects.get().pk


def test_of_a_change_and_a_cancellation_at_once_one_is_carried_out(database: str) -> None:
    order = taken(Channel.objects.get())
    other = order_data("W-1001", line(quantity=5))

    def changing() -> Any:
        return change(order.channel, other, body_hash=body_hash(other), expected_version=1)

    def cancelling() -> Any:
        return cancel(order.channel, "W-1001", expected_version=1, reason="x")

    answers = at_once([changing, cancelling] * 8)
    carried = [answer for answer in answers if isinstance(answer, Carried)]
    assert [answer.repeated for answer in carried].count(False) == 1
    assert len({(answer.version, answer.state) for answer in carried}) == 1
    refused = [answer for answer in answers if not isinstance(answer, Carried)]
    assert {type(answer) for answer in refused} == {ConsumerConflict}
    assert len(carried) == len(refused) == 8, "one kind wins, with its repeats; the other is refused"
    order.refresh_from_db()
    assert (order.version, order.commands.count()) == (2, 1)


def test_one_webhook_twenty_times_at_once_makes_one_order(database: str) -> None:
    shop = make_channel("shop", "shopify")
    body = json.dumps(SHOPIFY).encode()
    answers = at_once([lambda: carry_out(keep(shop, body)[0].pk).state] * 20)
    assert answers == ["taken"] * 20
    assert (WebhookDelivery.objects.count(), ConsumerOrder.objects.count()) == (1, 1)
