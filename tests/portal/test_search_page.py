"""What the search page says of what it mended, and the way back to what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import World

NOTICE = "Nothing fits “knfie” as typed. These fit “knife”."
LINK = "Search exactly as typed"


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)  # type: ignore[no-any-return]


def search(client: Client, **asked: str) -> Any:
    return client.get(reverse("shop:search"), asked)


def test_a_mended_search_says_so_and_leads_to_what_was_typed(alice: Client) -> None:
    response = search(alice, q="knfie", stock="1", after="x")

    assert [row.label.sku for row in response.context["rows"]] == ["KNIFE-8"]
    page = response.content.decode()
    assert NOTICE in page
    assert LINK in page
    assert response.context["exactly_url"] == "?q=knfie&stock=1&exact=1"


def test_exactly_as_typed_mends_nothing(alice: Client) -> None:
    response = search(alice, q="knfie", exact="1")

    page = response.content.decode()
    assert list(response.context["rows"]) == []
    assert "Nothing fits “knfie”" in page
    assert NOTICE not in page
    assert LINK not in page


def test_exactly_as_typed_stays_with_filters(alice: Client) -> None:
    response = search(alice, q="knife", exact="1")

    assert ("exact", "1") in response.context["kept"]


def test_what_fits_as_typed_is_shown_without_a_word(alice: Client) -> None:
    page = search(alice, q="knife").content.decode()

    assert "KNIFE-8" in page
    assert LINK not in page
