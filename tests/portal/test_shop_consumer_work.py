"""What a dealer does with an accepted consumer order on the screens: pack, send, hand over, take back, ask to leave."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from dealers.ledger.models import Posting
from fulfilment.allocation import held
from fulfilment.allocation.models import (
    Allocation,
    AllocationState,
    ConsumerTerms,
    Offer,
    OutletService,
    UnclaimRequest,
)
from fulfilment.consumer.models import ConsumerContact
from fulfilment.handover import overrides, pickup
from fulfilment.handover.codes import spoken
from fulfilment.handover.models import ConsumerParcel, ConsumerReturn, PickupOverride
from fulfilment.handover.parcels import send_parcel
from portal.documents import pdf
from portal.documents.packing_slip import address_of
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.fulfilment.handover_samples import colleague, lines_of, make_allocation, make_offer, packed_pickup
from tests.fulfilment.outlet_samples import stock_at

pytestmark = pytest.mark.django_db
COUNTER = reverse("shop:consumer_pickup")


@pytest.fixture
def shops(db: None) -> AllocationWorld:
    return make_allocation_world(2)


@pytest.fixture
def boss(shops: AllocationWorld, as_user: Any) -> Client:
    return as_user(shops.shops[0].user)  # type: ignore[no-any-return]


def url(name: str, of_what: Offer | Allocation) -> str:
    return reverse(f"shop:consumer_{name}", args=[of_what.pk])


def text_of(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def state_of(allocation: Allocation) -> str:
    return Allocation.objects.get(pk=allocation.pk).state


# --- Pack, send, deliver ---


def test_pack_send_and_deliver(shops: AllocationWorld, boss: Client) -> None:
    allocation = make_allocation(shops)
    boss.post(url("pack", allocation))
    assert state_of(allocation) == AllocationState.PACKED
    said = {"carrier": "DHL", "tracking_number": "T-77", "line": lines_of(allocation)[0].pk, "key": str(uuid4())}
    for _twice in range(2):
        assert boss.post(url("send", allocation), said).status_code == 302
    assert ConsumerParcel.objects.get().tracking_number == "T-77"
    page = text_of(boss.get(url("offer", allocation)))
    assert "T-77" in page
    boss.post(url("delivered", allocation))
    assert state_of(allocation) == AllocationState.COMPLETED
    assert reverse("shop:settlement", args=[allocation.pk]) in text_of(boss.get(url("offer", allocation)))
    assert stock_at(shops.key()).on_hand == 9


def test_a_mistyped_number_is_corrected_until_the_consumer_has_it(shops: AllocationWorld, boss: Client) -> None:
    allocation = make_allocation(shops)
    said = {"carrier": "DHL", "tracking_number": "T-77", "line": lines_of(allocation)[0].pk, "key": str(uuid4())}
    boss.post(url("send", allocation), said)
    booked = Posting.objects.count()
    parcel = ConsumerParcel.objects.get()
    correct = reverse("shop:consumer_parcel", args=[parcel.pk])
    for _twice in range(2):
        boss.post(correct, {"carrier": "DHL", "tracking_number": "T-78"})
    page = boss.get(url("offer", allocation))
    assert "DHL T-77 → DHL T-78" in text_of(page)
    assert [note for _step, _state, note in page.context["history"]].count("DHL T-77 → DHL T-78") == 1
    assert Posting.objects.count() == booked, "nothing left a second time"
    refused = boss.post(correct, {"carrier": " ", "tracking_number": "T-79"})
    assert (refused.status_code, "T-79" in text_of(refused)) == (422, True)
    boss.post(url("delivered", allocation))
    late = boss.post(correct, {"carrier": "DHL", "tracking_number": "T-79"}, follow=True)
    assert "The consumer has this parcel" in text_of(late)
    assert "Correct it" not in text_of(late)
    assert ConsumerParcel.objects.get().tracking_number == "T-78"


def test_who_corrects_a_parcel_is_not_who_sent_it(shops: AllocationWorld, boss: Client) -> None:
    allocation = make_allocation(shops, place_order(shops, "W-1", of("A"), of("B")))
    first, second = lines_of(allocation)
    cara, dan = colleague(shops, "Cara"), colleague(shops, "Dan")
    send_parcel(allocation.pk, [first.pk], by=cara, key=uuid4(), carrier="DHL")
    parcel = send_parcel(allocation.pk, [second.pk], by=dan, key=uuid4(), carrier="DHL")
    boss.post(reverse("shop:consumer_parcel", args=[parcel.pk]), {"carrier": "UPS"})
    page = boss.get(url("offer", allocation))
    assert [step.who for step in page.context["timeline"] if step.label == "Sent"] == [dan.get_full_name()]
    assert text_of(page).count('id="carriers"') == 1, "carriers are suggested when nothing is left to be sent, too"


def test_nobody_else_corrects_a_parcel(shops: AllocationWorld, boss: Client, as_user: Any) -> None:
    allocation = make_allocation(shops)
    boss.post(url("send", allocation), {"carrier": "DHL", "line": lines_of(allocation)[0].pk, "key": str(uuid4())})
    correct = reverse("shop:consumer_parcel", args=[ConsumerParcel.objects.get().pk])
    assert as_user(shops.shops[1].user).post(correct, {"carrier": "UPS"}).status_code == 404
    assert ConsumerParcel.objects.get().carrier == "DHL"


def test_some_lines_leave_before_others(shops: AllocationWorld, boss: Client) -> None:
    allocation = make_allocation(shops, place_order(shops, "W-1", of("A"), of("B")))
    first, second = lines_of(allocation)
    boss.post(url("send", allocation), {"carrier": "DHL", "line": first.pk, "key": str(uuid4())})
    here = boss.get(url("offer", allocation)).context["here"]
    assert [shown.line.pk for shown in here] == [second.pk]


@pytest.mark.parametrize(("missing", "status"), [("carrier", 422), ("line", 422)])
def test_a_parcel_that_says_too_little_keeps_what_was_typed(
    shops: AllocationWorld, boss: Client, missing: str, status: int
) -> None:
    allocation = make_allocation(shops)
    said = {"carrier": "DHL", "tracking_number": "TRACK-ME", "line": str(lines_of(allocation)[0].pk)}
    del said[missing]
    response = boss.post(url("send", allocation), said)
    assert response.status_code == status
    assert "TRACK-ME" in text_of(response)
    assert not ConsumerParcel.objects.exists()


def test_a_line_of_another_order_does_not_leave(shops: AllocationWorld, boss: Client) -> None:
    mine, other = make_allocation(shops, place_order(shops, "W-1")), make_allocation(shops, place_order(shops, "W-2"))
    response = boss.post(url("send", mine), {"carrier": "DHL", "line": lines_of(other)[0].pk})
    assert response.status_code == 409
    assert not ConsumerParcel.objects.exists()


def test_what_has_not_left_is_not_delivered(shops: AllocationWorld, boss: Client) -> None:
    allocation = make_allocation(shops)
    response = boss.post(url("delivered", allocation), follow=True)
    assert "by now" in text_of(response)
    assert state_of(allocation) == AllocationState.ACCEPTED


def test_an_offer_that_was_not_accepted_has_no_work(shops: AllocationWorld, boss: Client) -> None:
    offer = make_offer(shops)
    for verb in ("pack", "send", "delivered", "return", "leave", "no_code"):
        assert boss.post(url(verb, offer)).status_code == 404, verb
    assert boss.get(url("slip", offer)).status_code == 404


# --- The packing slip ---


def test_the_packing_slip_names_the_consumer(shops: AllocationWorld, boss: Client, monkeypatch: Any) -> None:
    made: list[str] = []
    monkeypatch.setattr("portal.documents.packing_slip.render_pdf", lambda html, _assets: made.append(html) or b"%PDF-")
    allocation = make_allocation(shops, place_order(shops, "W-1", of("A", 2)))
    response = boss.get(url("slip", allocation))
    assert response["Content-Type"] == "application/pdf"
    (html,) = made
    for words in ("Erika Muster", "Ackerstr. 1", "Shop 1", "1 Market Street", "W-1", "Product A"):
        assert words in html, words
    assert "1,099" not in html, "no prices"


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"district": "Mitte"}, ["Erika Muster", "Ackerstr. 1", "Mitte", "10115 Berlin", "Germany"]),
        (
            {"country": "CN", "region": "广东省", "city": "深圳市", "district": "南山区", "postal_code": "518000"},
            ["Erika Muster", "China", "广东省深圳市", "南山区Ackerstr. 1", "518000"],
        ),
    ],
)
def test_an_address_is_written_as_its_reader_writes_it(
    shops: AllocationWorld, fields: dict[str, str], lines: list[str]
) -> None:
    order = place_order(shops)
    for name, value in fields.items():
        setattr(order, name, value)
    assert address_of(ConsumerContact.objects.get(), order) == lines


def test_a_removed_consumer_has_no_slip(shops: AllocationWorld, boss: Client) -> None:
    allocation = make_allocation(shops)
    ConsumerContact.objects.update(removed_at=allocation.accepted_at, name="")
    response = boss.get(url("slip", allocation))
    assert response.status_code == 503
    assert "removed by policy" in text_of(response)
    assert "were removed on" in text_of(boss.get(url("offer", allocation)))


def test_the_slip_is_a_pdf(shops: AllocationWorld, boss: Client) -> None:
    try:
        pdf.render_pdf("<p>x</p>")
    except pdf.PdfUnavailable:
        pytest.skip("Pango is not installed")
    assert boss.get(url("slip", make_allocation(shops))).content.startswith(b"%PDF-")


# --- The counter ---


def test_the_cashier_sees_the_order_and_hands_it_over(shops: AllocationWorld, boss: Client) -> None:
    allocation = packed_pickup(shops)
    code = pickup.issue(allocation.pk).code
    shown = boss.post(COUNTER, {"code": spoken(code)})
    assert [line.offered.sku for line in shown.context["lines"]] == ["A", "B"]
    assert "Erika Muster" in text_of(shown)
    said = {"code": code, "hand_over": "1", "line": [line.pk for line in lines_of(allocation)]}
    done = boss.post(COUNTER, said, follow=True)
    assert len(done.context["done"]["lines"]) == 2
    assert state_of(allocation) == AllocationState.COMPLETED
    assert boss.get(COUNTER).context["done"] is None, "told once"


def test_some_lines_now_and_the_rest_later(shops: AllocationWorld, boss: Client) -> None:
    allocation = packed_pickup(shops)
    code, (first, second) = pickup.issue(allocation.pk).code, lines_of(allocation)
    done = boss.post(COUNTER, {"code": code, "hand_over": "1", "line": first.pk}, follow=True)
    assert "The code stays good" in text_of(done)
    shown = text_of(boss.post(COUNTER, {"code": code}))
    assert f'value="{second.pk}"' in shown
    assert f'value="{first.pk}"' not in shown


def test_a_used_code_says_by_whom(shops: AllocationWorld, boss: Client, as_user: Any) -> None:
    allocation = packed_pickup(shops)
    code = pickup.issue(allocation.pk).code
    said = {"code": code, "hand_over": "1", "line": [line.pk for line in lines_of(allocation)]}
    boss.post(COUNTER, said)
    response = as_user(colleague(shops)).post(COUNTER, said)
    assert response.status_code == 409
    assert "Already used" in text_of(response)
    assert "Boss1 Test" in text_of(response)
    assert "Already used" in text_of(boss.post(COUNTER, {"code": code}))


def test_wrong_codes_are_counted_down_and_lock_the_counter(shops: AllocationWorld, boss: Client) -> None:
    assert "4 more tries" in text_of(boss.post(COUNTER, {"code": "1111 1111 1111"}))
    for _three in range(4):
        boss.post(COUNTER, {"code": "111111111111"})
    locked = boss.post(COUNTER, {"code": "111111111111"})
    assert "Too many wrong codes" in text_of(locked)
    assert boss.post(COUNTER, {"code": " "}).status_code == 422


def test_a_code_is_looked_up_at_the_chosen_outlet_only(shops: AllocationWorld, boss: Client, as_user: Any) -> None:
    code = pickup.issue(packed_pickup(shops).pk).code
    rival = as_user(shops.shops[1].user)
    assert "No order waits here" in text_of(rival.post(COUNTER, {"code": code}))
    foreign = {"code": code, "outlet": shops.shops[0].outlet.pk}
    assert rival.post(COUNTER, foreign).status_code == 404


def test_a_dealer_that_hands_nothing_over_is_told(shops: AllocationWorld, boss: Client) -> None:
    OutletService.objects.update(hands_over=False)
    assert "No outlet hands over" in text_of(boss.get(COUNTER))
    assert "No outlet hands over" in text_of(boss.post(COUNTER, {"code": "1"}))


def test_two_people_hand_over_without_a_code(shops: AllocationWorld, boss: Client, as_user: Any) -> None:
    allocation, cara = packed_pickup(shops), colleague(shops)
    said = {"reason": "Phone is broken", "line": [line.pk for line in lines_of(allocation)]}
    as_user(cara).post(url("no_code", allocation), said)
    override = PickupOverride.objects.get()
    decide = reverse("shop:consumer_override", args=[override.pk])
    own = as_user(cara).post(decide, {"approve": "1"}, follow=True)
    assert "A second person has to consent" in text_of(own)
    assert "Phone is broken" in text_of(boss.get(url("offer", allocation)))
    boss.post(decide, {"approve": "1"})
    assert state_of(allocation) == AllocationState.COMPLETED


def test_an_override_needs_words_and_lines(shops: AllocationWorld, boss: Client) -> None:
    allocation = packed_pickup(shops)
    assert boss.post(url("no_code", allocation), {"line": lines_of(allocation)[0].pk}).status_code == 422
    assert boss.post(url("no_code", allocation), {"reason": "Lost"}).status_code == 409
    assert not PickupOverride.objects.exists()


def test_another_dealers_override_does_not_exist(shops: AllocationWorld, as_user: Any) -> None:
    allocation = packed_pickup(shops)
    ids = [line.pk for line in lines_of(allocation)]
    override = overrides.ask(allocation.pk, ids, by=colleague(shops), reason="Lost")
    decide = reverse("shop:consumer_override", args=[override.pk])
    assert as_user(shops.shops[1].user).post(decide, {"approve": "1"}).status_code == 404


# --- Back, and out ---


@pytest.fixture
def sent(shops: AllocationWorld) -> Allocation:
    allocation = make_allocation(shops, place_order(shops, "W-1", of("A", 3), of("B")))
    held.send(allocation.pk, [line.pk for line in lines_of(allocation)], by=shops.shops[0].user)
    return Allocation.objects.get(pk=allocation.pk)


def test_goods_come_back(shops: AllocationWorld, boss: Client, sent: Allocation) -> None:
    first, second = lines_of(sent)
    page = text_of(boss.get(url("return", sent)))
    assert f"units-{first.pk}" in page
    said = {f"units-{first.pk}": "2", f"units-{second.pk}": "", "resellable": first.pk, "cause": "damaged"}
    key = {"key": str(uuid4())}
    for _twice in range(2):
        assert boss.post(url("return", sent), said | key).status_code == 302
    made = ConsumerReturn.objects.get()
    assert made.by_fault
    assert stock_at(shops.key(1, "A")).on_hand == 7 + 2


@pytest.mark.parametrize("units", ["4", "-1", "x", "9" * 12, ""])
def test_what_cannot_come_back_is_said_at_its_line(
    shops: AllocationWorld, boss: Client, sent: Allocation, units: str
) -> None:
    first = lines_of(sent)[0]
    response = boss.post(url("return", sent), {f"units-{first.pk}": units, "cause": "withdrawal", "note": "My words"})
    assert response.status_code == 422
    assert "My words" in text_of(response)
    assert not ConsumerReturn.objects.exists()


def test_nothing_comes_back_before_it_left(shops: AllocationWorld, boss: Client) -> None:
    assert "Nothing can come back" in text_of(boss.get(url("return", make_allocation(shops))))


def test_leaving_says_first_what_it_costs(shops: AllocationWorld, boss: Client) -> None:
    ConsumerTerms.objects.update(unclaim_penalty=Decimal("25.00"))
    allocation = make_allocation(shops)
    assert "costs 25.00 EUR" in text_of(boss.get(url("leave", allocation)))
    assert boss.post(url("leave", allocation), {"reason": "damaged"}).status_code == 422
    boss.post(url("leave", allocation), {"reason": "damaged", "note": "Fell from the rack"})
    request = UnclaimRequest.objects.get()
    assert (request.penalty, request.granted) == (Decimal("25.00"), None)
    page = text_of(boss.get(url("offer", allocation)))
    assert "You asked to leave this order" in page
    assert url("leave", allocation) not in page


def test_what_has_left_cannot_be_left(shops: AllocationWorld, boss: Client, sent: Allocation) -> None:
    response = boss.post(url("leave", sent), {"reason": "capacity", "note": "No time"})
    assert response.status_code == 409
    assert "No time" in text_of(response)
    assert not UnclaimRequest.objects.exists()


def test_a_cancelled_order_says_stop(shops: AllocationWorld, boss: Client) -> None:
    allocation = make_allocation(shops)
    request = held.request_unclaim(allocation.pk, by=shops.shops[0].user, reason="capacity", note="")
    held.decide_unclaim(request.pk, by=shops.staff, granted=True)
    page = text_of(boss.get(url("offer", allocation)))
    assert "Do not send anything" in page
    assert "Erika" not in page
