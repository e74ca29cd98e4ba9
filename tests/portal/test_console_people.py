"""The supplier's own logins: who is added, as what, and who is shut out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from dealers.accounts.models import Dealer, SalesRep, Supplier, User
from tests import factories
from tests.factories import World


def add(client: Client, **fields: str) -> Any:
    values = {"email": "new@supplier.example", "role": "finance", "first_name": "Nia", "language": "en"}
    return client.post("/console/people/add/", values | fields)


def test_a_new_person_sets_a_password_by_mail_and_signs_in(world: World, as_user: Any) -> None:
    assert add(as_user(world.ada)).status_code == 302
    (sent,) = mail.outbox
    assert sent.to == ["new@supplier.example"]
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", sent.body)
    assert link
    client = Client()
    form = client.get(link[1], follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": "kitchen-2026-blue", "password2": "kitchen-2026-blue"})
    assert client.login(email="new@supplier.example", password="kitchen-2026-blue")
    assert client.get("/console/statements/").status_code == 200
    assert client.get("/console/people/").status_code == 403


def test_a_sales_rep_needs_the_record_whose_dealers_follow(world: World, as_user: Any) -> None:
    client = as_user(world.ada)
    assert add(client, role="sales_rep").status_code == 422
    nora = SalesRep.objects.create(code="NORA", name="Nora")
    dealer = factories.make_dealer("D-NORA", "Nora's", nora)
    assert add(client, role="sales_rep", sales_rep=str(nora.pk)).status_code == 302
    user = User.objects.get(email="new@supplier.example")
    assert list(Dealer.objects.for_user(user)) == [dealer]


@pytest.mark.parametrize("email", ["fay@supplier.example", "alice@alpine.example"])
def test_addresses_that_are_taken_are_refused(world: World, as_user: Any, email: str) -> None:
    before = User.objects.get(email=email).staff_role
    assert add(as_user(world.ada), email=email).status_code == 422
    assert User.objects.get(email=email).staff_role == before
    assert not mail.outbox


def test_a_closed_login_is_out_with_the_next_request_and_can_be_opened_again(world: World, as_user: Any) -> None:
    fay, ada = as_user(world.fay), as_user(world.ada)
    assert fay.get("/console/").status_code == 200
    ada.post(f"/console/people/{world.fay.pk}/close/")
    assert "/accounts/login/" in fay.get("/console/")["Location"]
    assert add(ada, email=world.fay.email).status_code == 302
    assert User.objects.get(pk=world.fay.pk).is_active


def test_nobody_closes_their_own_login(world: World, as_user: Any) -> None:
    as_user(world.ada).post(f"/console/people/{world.ada.pk}/close/")
    assert User.objects.get(pk=world.ada.pk).is_active


def test_a_dealer_s_person_is_no_login_of_the_supplier(world: World, as_user: Any) -> None:
    assert as_user(world.ada).post(f"/console/people/{world.alice.pk}/close/").status_code == 404
    assert User.objects.get(pk=world.alice.pk).is_active


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        ("en", "Kettle & Co. invites you to its dealer portal", "has opened a login for you"),
        ("zh-hans", "Kettle & Co. 邀请您使用其订货平台", "已为您开通"),
    ],
)
def test_an_invitation_speaks_for_the_supplier(
    world: World, as_user: Any, language: str, subject: str, sentence: str
) -> None:
    Supplier.objects.update(name="Kettle & Co.", name_zh="")
    User.objects.filter(pk=world.rita.pk).update(language=language, last_login=None)
    as_user(world.ada).post(f"/console/people/{world.rita.pk}/invite/")
    (sent,) = mail.outbox
    assert sent.subject == subject
    assert sentence in sent.body
    assert "example.com" not in sent.body


def test_who_has_set_a_password_is_led_to_sign_in(client: Any, db: None) -> None:
    assert 'href="/accounts/login/"' in client.get("/accounts/password/reset/key/done/").content.decode()


def test_an_administrator_without_dealers_and_lists_is_led_to_the_import(db: None, client: Any) -> None:
    client.force_login(User.objects.create_user("a@new.example", staff_role="administrator"))
    for url, kind in (("/console/dealers/", "dealers"), ("/console/prices/", "prices")):
        assert f'href="/console/imports/new/?kind={kind}"' in client.get(url).content.decode()
