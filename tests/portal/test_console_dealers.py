"""The list of dealers, one dealer's page, its terms and its people."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from dealers.accounts.models import Dealer, DealerChange, Membership, SalesRep, User
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.review import approve
from tests.dealers.ledger_samples import invoice
from tests.erp_bridge.orders import placed
from tests.factories import World
from tests.portal.console_samples import many_dealers, sheet_rows, text

LIST = "/console/dealers/"
ALPINE = "/console/dealers/D-ALPINE/"
TERMS = f"{ALPINE}terms/"


def terms(**changed: str) -> dict[str, str]:
    values = {"credit_limit": "10000.00", "payment_terms_days": "30", "tax_percent": "13.00"}
    values |= {"is_active": "on", "shows_margin": "on"}
    rep = SalesRep.objects.get(code="RITA")
    return values | {"sales_rep": str(rep.pk), "seen": "0"} | changed


def test_the_list_shows_credit_overdue_and_last_order(world: World, as_user: Any) -> None:
    approve(placed(world).pk, by=world.rita)
    invoice("I1", world.alpine, "4000.00")
    response = as_user(world.ada).get(LIST)
    row = next(row for row in response.context["rows"] if row["dealer"] == world.alpine)
    assert (row["credit"].used_percent, row["overdue"]) == (45, Decimal("4000.00"))
    page = response.content.decode()
    assert "45 %" in page
    assert "none yet" in page


def test_a_rep_sees_only_their_dealers(world: World, as_user: Any) -> None:
    page = text(as_user(world.rita), LIST)
    assert "Alpine Kitchens" in page
    assert "Bergen" not in page
    for user, status in ((world.rita, 200), (world.sam, 404), (world.fay, 200), (world.alice, 403)):
        assert as_user(user).get(ALPINE).status_code == status


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "bergen"}, {"D-BERGEN"}),
        ({"q": "town"}, {"D-ALPINE", "D-BERGEN"}),
        ({"active": "inactive"}, set()),
        ({"active": "nonsense"}, set()),
        ({"rep": "x"}, set()),
        ({"sort": "-name"}, {"D-ALPINE", "D-BERGEN"}),
        ({"sort": "nonsense"}, {"D-ALPINE", "D-BERGEN"}),
    ],
)
def test_the_filter_selects(world: World, as_user: Any, query: dict[str, str], found: set[str]) -> None:
    response = as_user(world.ada).get(LIST, query)
    assert response.status_code == 200
    assert {row["dealer"].number for row in response.context["rows"]} == found


@pytest.mark.parametrize("sort", ["number", "-number", "name", "-limit", "limit", "last", "-last"])
def test_every_sort_pages_without_gaps(world: World, as_user: Any, sort: str) -> None:
    many_dealers(None, 120)
    placed(world)
    client, url, seen = as_user(world.ada), f"{LIST}?sort={sort}", []
    while url:
        page = client.get(url).context["page"]
        seen += [dealer.number for dealer in page.rows]
        url = page.next_url and LIST + page.next_url
    assert len(seen) == len(set(seen)) == Dealer.objects.count()


def test_queries_do_not_grow_with_the_dealers(world: World, as_user: Any) -> None:
    client, counts = as_user(world.ada), []
    client.get(LIST)
    for more in (10, 200):
        Dealer.objects.filter(number__startswith="N").delete()
        many_dealers(None, more)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_the_export_has_one_typed_row_a_dealer(world: World, as_user: Any) -> None:
    Dealer.objects.filter(pk=world.alpine.pk).update(name="=SUM(A1)")
    rows = sheet_rows(as_user(world.rita).get(f"{LIST}export.xlsx"))
    assert len(rows) == 2
    row = dict(zip(rows[0], rows[1], strict=True))
    assert (row["Dealer"], Decimal(str(row["Credit limit"]))) == ("=SUM(A1)", Decimal(10000))


def test_the_page_shows_people_outlets_lists_and_purchases(world: World, as_user: Any) -> None:
    order = approve(placed(world).pk, by=world.rita)
    response = as_user(world.rita).get(ALPINE)
    page = response.content.decode()
    for expected in ("alice@alpine.example", "1 Market Street", "Agreement Alpine", order.number, "Rita Test"):
        assert expected in page, expected
    assert response.context["purchases"][-1][1] == Decimal("460.40")
    for button in ("Change terms", "Add a person", "End the place"):
        assert button not in page


def test_queries_of_the_page_do_not_grow_with_its_people(world: World, as_user: Any) -> None:
    client, counts = as_user(world.ada), []
    for more in (10, 200):
        users = User.objects.bulk_create([User(email=f"p{more}-{number}@x.example") for number in range(more)])
        Membership.objects.bulk_create([Membership(user=user, dealer=world.alpine, role="buyer") for user in users])
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ALPINE).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


@pytest.mark.parametrize("who", ["rita", "fay", "alice"])
def test_only_administrators_manage_dealers(world: World, as_user: Any, who: str) -> None:
    client, place = as_user(getattr(world, who)), Membership.objects.get(user=world.alice)
    assert client.get(TERMS).status_code == 403
    assert client.post(TERMS, terms(credit_limit="1")).status_code == 403
    assert client.post(f"{ALPINE}members/", {"email": "x@y.example", "role": "buyer"}).status_code == 403
    assert client.post(f"{ALPINE}members/{place.pk}/end/").status_code == 403
    assert client.post(f"{ALPINE}members/{place.pk}/invite/").status_code == 403
    place.refresh_from_db()
    assert place.is_active
    assert not DealerChange.objects.exists()


def test_changed_terms_are_kept_with_who_and_from_what(world: World, as_user: Any) -> None:
    client = as_user(world.ada)
    sam = SalesRep.objects.get(code="SAM")
    response = client.post(TERMS, terms(credit_limit="25000", sales_rep=str(sam.pk)), follow=True)
    world.alpine.refresh_from_db()
    assert (world.alpine.credit_limit, world.alpine.sales_rep) == (Decimal("25000.00"), sam)
    changes = set(DealerChange.objects.values_list("field", "old", "new", "by_name"))
    assert changes == {
        ("credit_limit", "10000.00", "25000.00", "Ada Test"),
        ("sales_rep", "RITA", "SAM", "Ada Test"),
    }
    page = response.content.decode()
    assert "Saved: Credit limit, Sales rep." in page
    assert "25,000.00" in page
    assert "Sam Test" in page


def test_saving_the_same_terms_again_changes_nothing(world: World, as_user: Any) -> None:
    client = as_user(world.ada)
    client.post(TERMS, terms(credit_limit="25000"))
    response = client.post(TERMS, terms(credit_limit="25000"), follow=True)
    assert DealerChange.objects.count() == 1
    assert "Nothing was different" in response.content.decode()


def test_an_old_page_does_not_overwrite_another_administrator_s_change(world: World, as_user: Any) -> None:
    client = as_user(world.ada)
    client.post(TERMS, terms(credit_limit="25000"))
    response = client.post(TERMS, terms(payment_terms_days="60"))
    assert response.status_code == 409
    page = response.content.decode()
    assert "Ada Test changed this dealer while you had the page open" in page
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen is not None
    world.alpine.refresh_from_db()
    assert (world.alpine.credit_limit, world.alpine.payment_terms_days) == (Decimal("25000.00"), 30)
    client.post(TERMS, terms(payment_terms_days="60", credit_limit="25000", seen=seen[1]))
    world.alpine.refresh_from_db()
    assert (world.alpine.credit_limit, world.alpine.payment_terms_days) == (Decimal("25000.00"), 60)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("credit_limit", "-1"),
        ("credit_limit", "NaN"),
        ("credit_limit", "1e30"),
        ("tax_percent", "100"),
        ("payment_terms_days", "366"),
        ("sales_rep", "999999"),
        ("seen", "x"),
    ],
)
def test_impossible_terms_are_refused_at_the_field(world: World, as_user: Any, field: str, value: str) -> None:
    response = as_user(world.ada).post(TERMS, terms(**{field: value}))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not DealerChange.objects.exists()


def test_the_record_of_changes_only_grows(world: World, as_user: Any) -> None:
    as_user(world.ada).post(TERMS, terms(credit_limit="25000"))
    for touch in (lambda: DealerChange.objects.update(new="1"), lambda: DealerChange.objects.all().delete()):
        with pytest.raises((IntegrityError, InternalError), match="only grows"), transaction.atomic():
            touch()


def test_a_new_person_gets_a_place_and_the_link_to_set_a_password(world: World, as_user: Any, client: Any) -> None:
    response = as_user(world.ada).post(
        f"{ALPINE}members/", {"email": "New@Alpine.example", "role": "finance", "first_name": "Nia"}, follow=True
    )
    user = User.objects.get(email="new@alpine.example")
    assert not user.has_usable_password()
    assert user.memberships.get().role == "finance"
    assert "new@alpine.example (Finance)" in response.content.decode()
    (sent,) = mail.outbox
    assert sent.to == ["new@alpine.example"]
    link = re.search(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", str(sent.body))
    assert link is not None
    form = client.get(link[1], follow=True)
    assert form.status_code == 200
    password = "a long enough phrase"
    client.post(form.request["PATH_INFO"], {"password1": password, "password2": password})
    user.refresh_from_db()
    assert user.check_password(password)


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("rita@supplier.example", "one of the supplier"),
        ("alice@alpine.example", "already has a place"),
        ("not an address", "valid email"),
    ],
)
def test_people_who_cannot_get_a_place_are_refused_at_the_field(
    world: World, as_user: Any, email: str, said: str
) -> None:
    response = as_user(world.ada).post(f"{ALPINE}members/", {"email": email, "role": "buyer"})
    assert response.status_code == 422
    assert said in response.context["member_form"].errors["email"][0]
    assert mail.outbox == []
    assert not DealerChange.objects.exists()


def test_a_person_of_another_dealer_gets_a_second_place_without_a_mail(world: World, as_user: Any) -> None:
    as_user(world.ada).post(f"{ALPINE}members/", {"email": "bob@bergen.example", "role": "buyer"})
    assert world.bob.memberships.filter(is_active=True).count() == 2
    assert mail.outbox == []


def test_ending_a_place_shuts_the_person_out_and_can_be_undone(world: World, as_user: Any) -> None:
    client, place = as_user(world.ada), Membership.objects.get(user=world.alice)
    client.post(f"{ALPINE}members/{place.pk}/end/")
    response = client.post(f"{ALPINE}members/{place.pk}/end/", follow=True)
    assert "had ended already" in response.content.decode()
    assert not DealerOrder.objects.for_user(world.alice).exists()
    assert not Dealer.objects.for_user(world.alice).exists()
    assert DealerChange.objects.count() == 1
    client.post(f"{ALPINE}members/", {"email": "alice@alpine.example", "role": "approver"})
    place.refresh_from_db()
    assert (place.is_active, place.role) == (True, "approver")


def test_a_place_at_another_dealer_is_not_found_here(world: World, as_user: Any) -> None:
    place = Membership.objects.get(user=world.bob)
    assert as_user(world.ada).post(f"{ALPINE}members/{place.pk}/end/").status_code == 404
    place.refresh_from_db()
    assert place.is_active


def test_a_mail_server_that_fails_is_said_and_the_link_can_be_sent_again(
    world: World, as_user: Any, monkeypatch: Any
) -> None:
    client = as_user(world.ada)

    def fails(*_args: Any, **_kwargs: Any) -> None:
        raise OSError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", fails)
        response = client.post(f"{ALPINE}members/", {"email": "n@alpine.example", "role": "buyer"}, follow=True)
    assert "could not be sent" in response.content.decode()
    place = Membership.objects.get(user__email="n@alpine.example")
    client.post(f"{ALPINE}members/{place.pk}/invite/")
    assert [message.to for message in mail.outbox] == [["n@alpine.example"]]


def test_a_dealer_number_with_a_slash_is_still_a_page(world: World, as_user: Any) -> None:
    Dealer.objects.filter(pk=world.alpine.pk).update(number="D/1 & co")
    client = as_user(world.ada)
    page = text(client, LIST, q="alpine")
    link = re.search(r'href="(/console/dealers/D[^"]+)"', page)
    assert link is not None
    assert "Alpine Kitchens" in text(client, link[1].replace("&amp;", "&"))
