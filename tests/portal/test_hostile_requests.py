"""Whatever a request holds, the answer is never a fault of ours: every URL of ours, fed nonsense with a fixed seed."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from dealers.accounts.models import DealerGroup, DealerRole, Membership, User
from fulfilment.ordering.cart import add_to_cart, open_cart
from portal.imports.models import ImportJob, ImportKind
from pricing.terms.models import PriceList
from tests.factories import World
from tests.portal.console_consumer_samples import consumer_made
from tests.portal.foreign_world import Secrets, foreign_parameters, make_secrets
from tests.portal.test_access import OURS, Route

NASTY = (
    "\x00",
    "a\x00b",
    "-1",
    "0",
    "007",
    "9" * 19,
    "9" * 400,
    "9" * 5000,
    "1e9999",
    "-1e9999",
    "NaN",
    "sNaN",
    "Infinity",
    "1.5",
    "\u0661\u0662",  # Arabic digits
    "²",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "0000-00-00",
    "\u202egnp.exe",
    "😀" * 50,
    "\ud800",
    "\uffff",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "%",
    "\\",
    "{{ 7*7 }}",
    "../../../etc/passwd",
    "=HYPERLINK(1)",
    "[]",
    "{}",
    "null",
    "a" * 20_000,
    "& | ! :* <-> ( )",
)
KEYS: tuple[Any, ...] = (
    [],
    [1],
    ["1"],
    ["1", "2"],
    ["9" * 30],
    ["x", "9" * 30],
    ["0001-01-01T00:00:00+14:00", "1"],
    ["9999-12-31T23:59:59-14:00", "1"],
    ["2026-01-01", "1"],
    ["0001-01-01", "1"],
    ["NaN", "1"],
    ["1e999", "1"],
    ["1", "a", "1"],
    ["a\x00", "1"],
    ["\ud800", "1"],
    {"a": 1},
    None,
    [[["1"]]],
)
CURSORS = ["!", "====", "é", *(base64.urlsafe_b64encode(json.dumps(key).encode()).decode() for key in KEYS)]
PARAMETERS = (
    "q",
    "sort",
    "tab",
    "page",
    "after",
    "before",
    "state",
    "status",
    "kind",
    "stock",
    "view",
    "period",
    "start",
    "end",
    "since",
    "until",
    "placed_from",
    "placed_to",
    "dealer",
    "sku",
    "quantity",
    "day",
    "po_number",
    "rep",
    "territory",
    "currency",
    "minimum",
)
#: Fields that no form shows on an empty page, and those whose names hold a number.
POSTED = (
    *("dealer", "next", "remove", "undo", "mend", "end", "role", "reason", "note", "key", "outlet", "po_number"),
    *("shown_total", "shown_prices", "requested_date", "po_confirmed", "email", "language", "seen", "credit_limit"),
    *("tax_percent", "payment_terms_days", "sales_rep", "quantity-1", "quantity-007", "quantity-", "quantity-x"),
    *("approve-note", "reject-reason", "cancel-reason", "replay-reason", "park-reason", "send_again-reason"),
    *("shown_quantities", "delivery_mode", "cancel_missing_after", "note-1", "date-1", "date-x", "outlet_q"),
    *("apply-reason", "dismiss-reason", "name", "address", "new_logo", "file", "images", "kind", "first_name"),
)


@pytest.fixture
def secrets(world: World) -> Secrets:
    Membership.objects.filter(user=world.bob).update(role=DealerRole.ADMINISTRATOR)
    found = make_secrets(world)
    add_to_cart(open_cart(world.bob, world.bergen), {world.pan.pk: 3, found.wok.pk: 1})
    return found


@pytest.fixture
def job(world: World) -> ImportJob:
    file = SimpleUploadedFile("products.csv", b"SKU,Name\nA-1,Bowl\n")
    return ImportJob.objects.create(kind=ImportKind.PRODUCTS, file=file, file_name="products.csv", started_by=world.ada)


def urls(world: World, secrets: Secrets, job: ImportJob) -> Iterator[tuple[Route, str]]:
    """Each route of ours once, with parameters that exist."""
    group, _new = DealerGroup.objects.get_or_create(code="GOLD", defaults={"name": "Gold"})
    base = PriceList.objects.get(code="WHOLESALE")
    fields = {"name": "Formula", "currency": base.currency, "kind": "formula", "base": base}
    formula, _new = PriceList.objects.get_or_create(code="FORMULA", defaults=fields)
    made = {
        "shop:category": [{"slug": "x", "pk": 1}],
        "media": [{"name": "products/a.png"}],
        "console:selling": [{"kind": "quantity"}],
        "console:selling_add": [{"kind": "quantity"}],
        "console:selling_export": [{"kind": "quantity"}],
        "console:group": [{"code": group.code}],
        "console:formula": [{"code": formula.code}],
        "console:product_file_remove": [{"pk": secrets.wok.files.get().pk}],
        "console:import_confirm": [{"job_id": job.pk}],
        "console:import_template": [{"kind": "products"}],
        **{f"console:import_{page}": [{"job_id": job.pk}] for page in ("job", "map", "progress", "refused")},
        **{f"console:person_{verb}": [{"pk": world.fay.pk}] for verb in ("invite", "close")},
        **consumer_made(world),
    }
    named = {**foreign_parameters(world, secrets), **made}
    for route in OURS:
        yield route, reverse(route.name, kwargs=(named[route.name][0] if route.parameters else {}))


def client_for(route: Route, world: World, clients: dict[User, Client]) -> Client:
    """Somebody whom the URL is for, whose client raises what a view raises."""
    user = world.bob if route.name.startswith("shop:") else world.ada
    return clients.setdefault(user, _signed_in(user))


def _signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def nasty_query(dice: random.Random) -> str:
    """A query string of a few parameters, now and then repeated, as an array, or in bytes that are no UTF-8."""
    pairs = []
    for name in dice.sample(PARAMETERS, dice.randint(1, 6)):
        value = dice.choice(CURSORS if name in ("after", "before") else NASTY)
        pairs.append((dice.choice((name, name, name, f"{name}[]")), value))
    text = urlencode(pairs, errors="surrogatepass")
    return text + dice.choice(("", "", "&q=%ff%fe", "&%00=1", "&q=%ED%A0%80", "&after=%C3%28"))


def nasty_body(dice: random.Random, fields: tuple[str, ...]) -> dict[str, Any]:
    """A form of every field there is, filled with nonsense; some are files, some are arrays."""
    body: dict[str, Any] = {}
    for name in fields:
        roll = dice.random()
        value = dice.choice(NASTY).replace("\ud800", "\ufffd")
        if roll < 0.05:
            body[name] = SimpleUploadedFile("a\u202e.csv", b"\x00\xff,\n" * 10)
        elif roll < 0.15:
            body[name] = [value, "1"]
        elif roll < 0.9:
            body[name] = value
    return body


def form_fields(client: Client, url: str) -> tuple[str, ...]:
    """The names of the fields of the forms on the page."""
    context = client.get(url).context or []
    layers = context if isinstance(context, list) else [context]
    found = [value for layer in layers for value in layer.flatten().values() if hasattr(value, "add_prefix")]
    sets = [value for value in found if hasattr(value, "management_form")]
    forms = [form for form in found if form not in sets]
    forms += [form for each in sets for form in (each.management_form, *each.forms)]
    return tuple(sorted({form.add_prefix(name) for form in forms for name in form.fields}))


@pytest.mark.parametrize("seed", [1])
def test_no_query_string_breaks_a_page(world: World, secrets: Secrets, job: ImportJob, seed: int) -> None:
    dice, clients, broken = random.Random(seed), {}, []
    for route, url in urls(world, secrets, job):
        if "pdf" in route.name:  # the same period form as the Excel statement, and a child process each time
            continue
        client = client_for(route, world, clients)
        for _time in range(4):
            query = nasty_query(dice)
            status = client.get(f"{url}?{query}").status_code
            if status >= 500 and status != 503:
                broken.append((route.name, query[:300]))
    assert broken == []


@pytest.mark.parametrize("seed", [1])
def test_no_form_breaks_a_page(world: World, secrets: Secrets, job: ImportJob, seed: int) -> None:
    dice, clients, broken = random.Random(100 + seed), {}, []
    for route, url in urls(world, secrets, job):
        client = client_for(route, world, clients)
        fields = tuple(dict.fromkeys([*form_fields(client, url), *POSTED]))
        for htmx in ({}, {"HTTP_HX_REQUEST": "true"}):
            body = nasty_body(dice, fields)
            if client.post(url, body, **htmx).status_code >= 500:
                broken.append((route.name, {key: str(value)[:60] for key, value in body.items()}))
    assert broken == []


@pytest.mark.parametrize(
    "part",
    ["%00", "a%00b", "%ff", "9" * 30, "9" * 5000, "a" * 5000, "..%2f..", "%F0%9F%98%80", "a%0Ab", "x/b.png"],
)
def test_no_address_breaks_a_page(world: World, secrets: Secrets, job: ImportJob, part: str) -> None:
    clients: dict[User, Client] = {}
    broken = []
    for route, url in urls(world, secrets, job):
        if not route.parameters:
            continue
        for method in ("get", "post"):
            hostile = url
            for value in ("S-BERGEN", secrets.waiting.number, secrets.sent.number, "D-BERGEN", "WOK-SECRET", "BERGEN"):
                hostile = hostile.replace(f"/{value}/", f"/{part}/")
            hostile = hostile.replace("a.png", f"{part}.png")
            status = getattr(client_for(route, world, clients), method)(hostile, {"reason": "x"}).status_code
            if status >= 500:
                broken.append((method, hostile[:120]))
    assert broken == []


@pytest.mark.parametrize("path", ["/media/products/{}.png", "/{}/", "/shop/{}/", "/en/{}/", "/health/{}", "/static/{}"])
def test_no_public_address_breaks(world: World, path: str) -> None:
    client = Client(raise_request_exception=False)
    for part in ("%00", "%ff", "a" * 5000, "..%2f..%2fetc", "x/y.png/z", "%E4%B8%AD" * 200):
        assert client.get(path.format(part)).status_code < 500, part[:50]


@pytest.mark.parametrize("name", ["account_login", "account_reset_password", "set_language"])
def test_no_sign_in_breaks(world: World, name: str, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; what it hashes is nonsense
    client = Client(raise_request_exception=False)
    for value in NASTY:
        text = value.replace("\ud800", "\ufffd")
        body = dict.fromkeys(("login", "email", "password", "next", "language", "remember"), text)
        assert client.post(reverse(name), body).status_code < 500, text[:50]
        assert client.get(f"{reverse(name)}?next={quote(text)}").status_code < 500, text[:50]


@pytest.mark.parametrize("cookie", ["sessionid", "csrftoken", "django_language", "messages"])
def test_no_cookie_breaks(world: World, cookie: str) -> None:
    for value in ("x" * 4000, "\\000", "..", "%00", "zz-evil"):
        client = Client(raise_request_exception=False)
        client.cookies[cookie] = value
        assert client.get("/accounts/login/").status_code < 500, value[:50]
        assert client.get("/shop/").status_code < 500, value[:50]


@pytest.mark.parametrize(
    "url", ["//evil.example/", "https://evil.example/", "console:orders", "front", "x\n/", "/\\evil"]
)
def test_the_shop_leads_nowhere_else(world: World, url: str) -> None:
    client = _signed_in(world.alice)
    response = client.post(reverse("shop:cart_add"), {f"quantity-{world.pan.pk}": "1", "next": url})
    assert response["Location"] == reverse("shop:cart")
    language = client.post(reverse("set_language"), {"language": "en", "next": url})
    assert "evil.example" not in language.headers.get("Location", "").partition("?")[0].removeprefix("/")
