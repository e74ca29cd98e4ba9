"""Every URL is declared, and every role gets exactly what the table of roles says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dealers.accounts.models import DealerRole, Membership, StaffRole, User
from portal.access.roles import DEALER_PERMISSIONS, STAFF_PERMISSIONS, Permission
from portal.access.routing import Access, Audience, declared_access
from tests import factories
from tests.factories import World


@dataclass(frozen=True)
class Route:
    """One URL of the product."""

    name: str
    pattern: str
    view: Any
    parameters: frozenset[str]

    @property
    def access(self) -> Access | None:
        return declared_access(self.name, self.pattern, self.view)


def routes(resolver: URLResolver | None = None, prefix: str = "", namespace: str = "") -> Iterator[Route]:
    """Every URL pattern of the URLconf, with its namespaced name."""
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry, pattern, inner)
        elif isinstance(entry, URLPattern):
            name = namespace + (entry.name or getattr(entry.callback, "__name__", ""))
            yield Route(name, pattern, entry.callback, frozenset(entry.pattern.converters))


ALL = list(routes())
OURS = [route for route in ALL if hasattr(route.view, "access")]

ROLES = [*(f"dealer {role}" for role in DealerRole), *(f"staff {role}" for role in StaffRole)]


def user_in(role: str, world: World) -> User:
    """Somebody in a role; dealer people are Alpine's."""
    place, _, name = role.partition(" ")
    if place == "dealer":
        return factories.make_user(f"{name}@roles.example", name, dealer=world.alpine, role=name)
    return factories.make_user(f"{name}@roles.example", name, staff_role=name)


def permissions_of(role: str) -> frozenset[Permission]:
    place, _, name = role.partition(" ")
    return DEALER_PERMISSIONS[name] if place == "dealer" else STAFF_PERMISSIONS[name]


def url_of(route: Route) -> str:
    """A URL of the route; parameters point at things that do not exist, which is 404 for those who may ask."""
    made_up = {"pk": 999_999_999, "number": "NOBODY", "code": "NOBODY", "slug": "nobody", "name": "nobody.png"}
    return reverse(route.name, kwargs={name: made_up.get(name, 999_999_999) for name in route.parameters})


def test_every_url_says_who_may_open_it() -> None:
    assert [route.pattern for route in ALL if route.access is None] == []
    assert len(OURS) > 40


def test_the_table_gives_every_permission_to_somebody() -> None:
    given = frozenset().union(*DEALER_PERMISSIONS.values(), *STAFF_PERMISSIONS.values())
    assert given == set(Permission)
    assert set(DEALER_PERMISSIONS) == set(DealerRole)
    assert set(STAFF_PERMISSIONS) == set(StaffRole)


def test_no_dealer_role_holds_a_permission_of_the_supplier() -> None:
    staff = frozenset().union(*STAFF_PERMISSIONS.values())
    assert all(not permissions & staff for permissions in DEALER_PERMISSIONS.values())


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_each_role_passes_exactly_its_urls(world: World, role: str, as_user: Any) -> None:
    client = Client() if role == "nobody" else as_user(user_in(role, world))
    client.raise_request_exception = False
    held = frozenset() if role == "nobody" else permissions_of(role)
    wrong = []
    for route in OURS:
        if route.name in ("choose_dealer", "front"):
            continue
        response = client.get(url_of(route))
        if route.access is Audience.PUBLIC:
            expected = response.status_code != 403 and "login" not in response.get("Location", "")
        elif role == "nobody":
            expected = response.status_code == 302 and "/accounts/login/" in response["Location"]
        elif route.access is Audience.SIGNED_IN or route.access in held:
            expected = response.status_code in (200, 302, 400, 404, 405)
        else:
            expected = response.status_code == 403
        if not expected:
            wrong.append((route.name, route.access, response.status_code))
    assert wrong == []


def test_oscar_s_own_shop_and_order_admin_are_closed_to_everybody(world: World, as_user: Any) -> None:
    client = as_user(world.ada)
    for path in ("/oscar/catalogue/", "/oscar/basket/", "/oscar/checkout/", "/oscar/dashboard/orders/"):
        assert client.get(path).status_code == 404, path
    assert client.get("/oscar/dashboard/catalogue/").status_code == 200


def test_the_admins_open_for_the_administrator_alone(world: World, as_user: Any) -> None:
    for path in ("/cms/", "/oscar/dashboard/catalogue/"):
        assert as_user(world.ada).get(path).status_code == 200
        assert as_user(world.rita).get(path).status_code == 403
        assert as_user(world.alice).get(path).status_code == 403
        assert "/accounts/login/" in Client().get(path)["Location"]


def test_nobody_can_sign_up(db: None) -> None:
    assert Client().get("/accounts/signup/").status_code == 404


def test_an_ended_membership_shuts_out_with_the_next_request(world: World, as_user: Any) -> None:
    client = as_user(world.alice)
    assert client.get(reverse("shop:cart")).status_code == 200
    Membership.objects.filter(user=world.alice).update(is_active=False)
    assert client.get(reverse("shop:cart")).status_code == 403


def test_a_user_of_two_dealers_acts_for_the_chosen_one_only(world: World, as_user: Any) -> None:
    Membership.objects.create(user=world.alice, dealer=world.bergen, role=DealerRole.FINANCE)
    client = as_user(world.alice)
    client.post(reverse("choose_dealer"), {"dealer": world.bergen.pk})
    assert client.get(reverse("shop:cart")).status_code == 403, "finance does not order"
    client.post(reverse("choose_dealer"), {"dealer": world.alpine.pk})
    assert client.get(reverse("shop:cart")).status_code == 200
    world.sam.refresh_from_db()
    stranger = factories.make_dealer("D-OTHER", "Other")
    client.post(reverse("choose_dealer"), {"dealer": stranger.pk})
    assert client.session["dealer"] == world.alpine.pk


def test_a_new_place_at_another_dealer_does_not_move_where_one_orders(world: World, as_user: Any) -> None:
    other = factories.make_dealer("D-AAA", "Aardvark Pans")
    Membership.objects.create(user=world.alice, dealer=other, role=DealerRole.BUYER)
    client = as_user(world.alice)
    client.get(reverse("shop:home"))
    assert client.get(reverse("shop:cart")).wsgi_request.portal.dealer == world.alpine


def test_our_pages_forbid_inline_script(world: World, as_user: Any) -> None:
    policy = as_user(world.alice).get(reverse("shop:home"))["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy


def test_signing_in_is_throttled(world: World, settings: Any) -> None:
    client = Client()
    login = reverse("account_login")
    for _attempt in range(5):
        client.post(login, {"login": world.alice.email, "password": "wrong"})
    blocked = client.post(login, {"login": world.alice.email, "password": factories.PASSWORD})
    assert "_auth_user_id" not in client.session
    assert blocked.status_code in (200, 429)
    other = client.post(login, {"login": world.bob.email, "password": factories.PASSWORD})
    assert other.status_code == 302, "another account from the same address still gets in"
