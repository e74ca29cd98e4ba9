"""What every answer carries, and what no request can make the portal do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from kombu import Connection
from kombu.exceptions import OperationalError

from dealers.accounts.models import User
from portal.access.routing import Audience
from portal.components.downloads import attachment
from portal.imports import tasks as import_tasks
from portal.notifications import tasks as mail_tasks
from tests.environment import ROOT
from tests.factories import PASSWORD, World
from tests.portal.test_access import ALL, OURS

#: Views that others wrote and exempt: they only read, and ask for the token themselves where a cookie signs in. And the
#: doors for machines, which no cookie opens: each request brings its channel's token or signature.
EXEMPT = ("wagtailadmin_api:", "api:", "api_webhook", "api_nothing")


@pytest.fixture
def quick_hashes(settings: Any) -> None:
    """A wrong password costs nothing; what is stored is still understood."""
    names = ("MD5PasswordHasher", "PBKDF2PasswordHasher")
    settings.PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}" for name in names]


def headers_of(response: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def protected(response: Any) -> bool:
    headers = headers_of(response)
    policy = headers.get("content-security-policy", "")
    return (
        "script-src 'self'" in policy
        and "unsafe-inline" not in policy
        and "frame-ancestors 'none'" in policy
        and headers.get("x-frame-options") == "DENY"
        and headers.get("x-content-type-options") == "nosniff"
        and headers.get("referrer-policy") == "same-origin"
    )


def test_every_page_of_ours_is_protected(world: World, as_user: Any) -> None:
    bare = []
    for route in OURS:
        if route.parameters:
            continue
        for user in (None, world.alice, world.ada):
            client = as_user(user) if user else Client()
            if not protected(response := client.get(reverse(route.name))):
                bare.append((route.name, user, response.status_code))
    assert bare == []


def broken(*_args: Any, **_kwargs: Any) -> Any:
    raise RuntimeError("on purpose")


@pytest.mark.parametrize("status", [400, 403, 404, 500, "csrf", "gone"])
def test_every_error_page_is_protected(
    world: World, as_user: Any, status: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_user(world.alice)
    client.raise_request_exception = False
    if status == 400:
        response = client.get("/accounts/login/", headers={"host": "evil.example"})
    elif status == 403:
        response = client.get(reverse("console:home"))
    elif status == 404:
        response = client.get("/en/nowhere/")
    elif status == "gone":
        response = client.get("/shop/orders/NONE/")
    elif status == "csrf":
        strict = Client(enforce_csrf_checks=True)
        response = strict.post(reverse("account_login"), {"login": "a@b.example"})
    else:
        monkeypatch.setattr("portal.shop.home.render", broken)
        response = client.get(reverse("shop:home"))
    assert response.status_code == {"csrf": 403, "gone": 404}.get(status, status)
    assert protected(response), headers_of(response)
    assert "<script>" not in response.content.decode()


def test_no_view_is_exempt_from_the_token() -> None:
    open_to_some = [route for route in ALL if route.access is not Audience.NOBODY]
    exempt = {route.name for route in open_to_some if getattr(route.view, "csrf_exempt", False)}
    assert {name for name in exempt if not name.startswith(EXEMPT)} == set()


def test_every_post_of_ours_asks_for_the_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.ada, backend="django.contrib.auth.backends.ModelBackend")
    taken = [
        route.name
        for route in OURS
        if not route.parameters and client.post(reverse(route.name)).status_code not in (403, 405)
    ]
    assert taken == []


def test_a_visit_changes_nothing_but_the_session(world: World, as_user: Any) -> None:
    writing = re.compile(r"^\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(?!django_session)(\w+)", re.IGNORECASE)
    found = []
    for user in (world.alice, world.alpine_administrator, world.ada, world.rita):
        client = as_user(user)
        for route in OURS:
            if route.parameters:
                continue
            with CaptureQueriesContext(connection) as caught:
                client.get(reverse(route.name))
            found += [(route.name, query["sql"][:80]) for query in caught if writing.match(query["sql"])]
    assert found == []


def reset_mail(client: Client, email: str, **headers: Any) -> Any:
    mail.outbox = []
    return client.post(reverse("account_reset_password"), {"email": email}, **headers)


def test_the_link_in_a_mail_is_the_portals_own_whatever_host_was_asked(world: World, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.PORTAL_URL = "https://dealers.example.com"
    reset_mail(Client(), world.alice.email, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert "https://dealers.example.com/accounts/password/reset/key/" in mail.outbox[0].body
    assert "evil.example" not in mail.outbox[0].body + mail.outbox[0].subject


def test_a_reset_does_not_tell_who_has_a_login(world: World) -> None:
    known, unknown = (reset_mail(Client(), email) for email in (world.alice.email, "nobody@example.org"))
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_a_new_password_ends_the_other_sessions(world: World, as_user: Any) -> None:
    here, elsewhere = as_user(world.alice), as_user(world.alice)
    assert elsewhere.get(reverse("shop:home")).status_code == 200
    body = {"oldpassword": PASSWORD, "password1": "another good 1 horse", "password2": "another good 1 horse"}
    assert here.post(reverse("account_change_password"), body).status_code == 302
    assert User.objects.get(pk=world.alice.pk).check_password(body["password1"])
    assert "/accounts/login/" in elsewhere.get(reverse("shop:home"))["Location"]


@pytest.mark.usefixtures("quick_hashes")
def test_guessing_over_many_accounts_from_one_address_is_throttled(world: World) -> None:
    client = Client(raise_request_exception=False)
    for number in range(21):
        client.post(reverse("account_login"), {"login": f"guess{number}@example.org", "password": "wrong"})
    client.post(reverse("account_login"), {"login": world.alice.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    elsewhere.post(reverse("account_login"), {"login": world.alice.email, "password": PASSWORD})
    assert "_auth_user_id" in elsewhere.session, "another address still gets in"


@pytest.mark.usefixtures("quick_hashes")
def test_an_address_in_a_header_does_not_escape_the_throttle(world: World) -> None:
    client = Client(raise_request_exception=False)
    for number in range(21):
        body = {"login": f"guess{number}@example.org", "password": "wrong"}
        client.post(reverse("account_login"), body, headers={"x-forwarded-for": f"192.0.2.{number}"})
    client.post(reverse("account_login"), {"login": world.alice.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("quick_hashes")
def test_behind_a_proxy_each_visitor_has_an_address_of_their_own(world: World, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    client = Client(raise_request_exception=False)
    for number in range(21):
        body = {"login": f"guess{number}@example.org", "password": "wrong"}
        client.post(reverse("account_login"), body, headers={"x-forwarded-for": f"198.51.100.{number}, 192.0.2.1"})
    body = {"login": world.alice.email, "password": PASSWORD}
    client.post(reverse("account_login"), body, headers={"x-forwarded-for": "192.0.2.1"})
    assert "_auth_user_id" not in client.session, "what the visitor wrote before the proxy's word does not count"
    client.post(reverse("account_login"), body, headers={"x-forwarded-for": "192.0.2.2"})
    assert "_auth_user_id" in client.session, "one guesser locks nobody else out"


def test_everybody_reaches_the_second_factor(world: World, as_user: Any) -> None:
    for user in (world.alice, world.rita, world.ada):
        client = as_user(user)
        assert client.get(reverse("mfa_index")).status_code == 200
        assert client.get(reverse("mfa_activate_totp")).status_code in (200, 302)


@pytest.mark.parametrize("wake", [mail_tasks.wake, lambda: import_tasks.wake(1)])
def test_a_dead_broker_stops_nobody(wake: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def dead(*_args: Any, **options: Any) -> None:
        asked.append(options.get("retry"))
        raise TimeoutError("no broker")

    monkeypatch.setattr(mail_tasks.send_due, "apply_async", dead)
    monkeypatch.setattr(import_tasks.run, "apply_async", dead)
    wake()
    assert asked == [False], "asked once, without retries, and nothing raised"


def test_a_broker_that_refuses_is_asked_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", waits.append)
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with Connection("redis://127.0.0.1:1/0", transport_options=options) as broker, pytest.raises(OperationalError):
        _channel = broker.default_channel
    assert waits == [], "nobody who orders or approves waits for retries"


PRODUCTION = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "k" * 30 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "dealers.example.com",
    "DATABASE_URL": "postgres://portal:password@db.example.com:5432/portal",
    "BROKER_URL": "amqps://portal:password@mq.example.com:5671/portal",
    "CACHE_URL": "rediss://:password@cache.example.com:6379/0",
    "STORAGE_URL": "s3://dealer-portal?region=eu-central-1",
    "EMAIL_URL": "smtp+tls://portal:password@mail.example.com:587",
    "DEFAULT_FROM_EMAIL": "Dealer portal <portal@example.com>",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
}


def test_production_cookies_travel_over_https_only(tmp_path: Any) -> None:
    names = (
        "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE LANGUAGE_COOKIE_SECURE SESSION_COOKIE_HTTPONLY SECURE_SSL_REDIRECT"
    )
    script = (
        "from django.conf import settings as s\n"
        f"print(all(getattr(s, name) for name in {names.split()!r}), s.SECURE_HSTS_SECONDS >= 31536000,"
        " s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.DEBUG, s.PORTAL_URL, s.ALLAUTH_TRUSTED_PROXY_COUNT)"
    )
    environment = PRODUCTION | {"PORTAL_VAR": str(tmp_path), "PATH": os.environ["PATH"]}
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = "True True __Host-sessionid __Host-csrftoken False https://dealers.example.com 1"
    assert run.stdout.strip() == told


def test_active_pictures_and_pages_are_never_served_from_the_media_folder(settings: Any) -> None:
    folder = settings.MEDIA_ROOT / "products"
    folder.mkdir(parents=True)
    for name in ("a.svg", "a.html", "a.svgz", "a.xml", "a.js", "a"):
        (folder / name).write_text("<script>alert(1)</script>")
    (settings.MEDIA_ROOT / "imports").mkdir()
    (settings.MEDIA_ROOT / "imports" / "a.png").write_text("secret")
    hidden = ("products/a.svg", "products/a.html", "products/a.svgz", "products/a.xml", "products/a.js", "products/a")
    for name in (*hidden, "imports/a.png", "products/../imports/a.png", "products/%2e%2e/imports/a.png"):
        assert Client().get(f"/media/{name}").status_code == 404, name


@pytest.mark.parametrize("name", ["products", "stock"])
def test_the_name_of_a_download_cannot_break_out_of_its_header(name: str) -> None:
    header = attachment(b"", f'{name}"\r\nX-Evil: 1;.xlsx', "text/plain").headers["Content-Disposition"]
    assert "\r" not in header
    assert "\n" not in header
