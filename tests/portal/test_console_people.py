"""The supplier's own logins: who is added, as what, and who is shut out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from dealers.accounts.models import Dealer, SalesRep, User
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
