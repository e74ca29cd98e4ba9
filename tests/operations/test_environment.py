"""The environment: what is taken for granted in development, needed in production, and refused anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.operations import environment
from portal.operations.environment import EnvironmentProblem

PRODUCTION = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "t0Zr8qk3vXw1yB5uN7mLpCjD2sFgHhE9aR4iQoKdVxYzWbSnUl",
    "ALLOWED_HOSTS": "dealers.example.com, .example.org",
    "DATABASE_URL": "postgres://portal:p%40ss@db.example.com:5433/portal",
    "BROKER_URL": "amqps://portal:password@mq.example.com:5671/portal",
    "CACHE_URL": "valkeys://:password@cache.example.com:6379/0",
    "STORAGE_URL": "s3://dealer-portal?region=eu-central-1&endpoint=https%3A%2F%2Fs3.example.com",
    "EMAIL_URL": "smtp+tls://portal:p%40ss@mail.example.com",
    "DEFAULT_FROM_EMAIL": "Dealer portal <portal@example.com>",
}


def problems(variables: dict[str, str], var: Path) -> list[str]:
    with pytest.raises(EnvironmentProblem) as caught:
        environment.read(variables, var)
    return str(caught.value).splitlines()


def test_development_needs_nothing(tmp_path: Path) -> None:
    found = environment.read({}, tmp_path)

    assert not found.production
    assert not found.debug
    assert found.embedded
    assert found.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert found.database["NAME"] == "portal"
    assert found.storage.django_setting()["OPTIONS"] == {"location": str(tmp_path / "media")}
    assert found.email["EMAIL_FILE_PATH"] == str(tmp_path / "mail")
    assert (found.host, found.port, found.portal_url) == ("127.0.0.1", 8000, "http://localhost:8000")


def test_the_key_of_development_is_random_private_and_stays(tmp_path: Path) -> None:
    first = environment.read({}, tmp_path / "one").secret_key

    assert environment.read({}, tmp_path / "one").secret_key == first
    assert environment.read({}, tmp_path / "two").secret_key != first
    assert (tmp_path / "one" / "secret-key").stat().st_mode & 0o777 == 0o600


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert environment.read({"PORT": " ", "DATABASE_URL": ""}, tmp_path).port == 8000


def test_a_demo_for_the_network_answers_to_every_name(tmp_path: Path) -> None:
    assert environment.read({"HOST": "0.0.0.0"}, tmp_path).allowed_hosts == ("*",)


def test_production_is_what_the_variables_say(tmp_path: Path) -> None:
    found = environment.read(PRODUCTION, tmp_path / "var")

    assert found.production
    assert not found.embedded
    assert found.allowed_hosts == ("dealers.example.com", ".example.org")
    assert found.csrf_trusted_origins == ("https://dealers.example.com", "https://*.example.org")
    assert found.portal_url == "https://dealers.example.com"
    assert found.database["HOST"] == "db.example.com"
    assert found.database["PASSWORD"] == "p@ss"
    assert found.database["PORT"] == 5433
    assert found.broker_url == PRODUCTION["BROKER_URL"]
    assert found.cache["LOCATION"] == "rediss://:password@cache.example.com:6379/0"
    assert found.storage.django_setting() == {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": "dealer-portal",
            "default_acl": None,
            "file_overwrite": False,
            "region_name": "eu-central-1",
            "endpoint_url": "https://s3.example.com",
        },
    }
    assert found.email["EMAIL_HOST"] == "mail.example.com"
    assert found.email["EMAIL_HOST_PASSWORD"] == "p@ss"
    assert found.email["EMAIL_PORT"] == 587
    assert found.email["EMAIL_USE_TLS"]
    assert not (tmp_path / "var").exists(), "reading production makes nothing"


def test_secrets_do_not_show_when_the_environment_is_printed(tmp_path: Path) -> None:
    shown = repr(environment.read(PRODUCTION, tmp_path))

    assert "password" not in shown
    assert "p@ss" not in shown
    assert PRODUCTION["SECRET_KEY"] not in shown


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"PORTAL_ENV"}))
def test_production_names_each_missing_variable(name: str, tmp_path: Path) -> None:
    told = problems({key: value for key, value in PRODUCTION.items() if key != name}, tmp_path)

    assert told == [
        f"{name} is not set, but PORTAL_ENV=production needs it; for example: {environment.EXAMPLES[name]}",
    ]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    told = problems({**PRODUCTION, "PORT": "http", "DATABASE_URL": "mysql://db/portal", "EMAIL_URL": ""}, tmp_path)

    assert [line.split()[0] for line in told] == ["EMAIL_URL", "PORT", "DATABASE_URL"]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("PORTAL_ENV", "prod", "is neither 'production' nor 'development'"),
        ("DEBUG", "maybe", "is neither 'true' nor 'false'"),
        ("ALLOWED_HOSTS", "https://dealers.example.com", "contains 'https://dealers.example.com', which is not a host"),
        ("ALLOWED_HOSTS", "good.example.com,bad host", "contains 'bad host', which is not a host"),
        ("CSRF_TRUSTED_ORIGINS", "dealers.example.com", "contains 'dealers.example.com', which is not an origin"),
        ("CSRF_TRUSTED_ORIGINS", "https://dealers.example.com/shop", "which is not an origin"),
        ("DATABASE_URL", "mysql://db/portal", "starts with 'mysql', not with postgres:// or postgresql://"),
        ("DATABASE_URL", "portal", "starts with 'portal', not with"),
        ("DATABASE_URL", "postgres://db.example.com", "names no database"),
        ("DATABASE_URL", "postgres://db.example.com:five/portal", "has a port or host that cannot be read"),
        ("DATABASE_URL", "postgres://[db/portal", "has a port or host that cannot be read"),
        ("BROKER_URL", "http://mq", "starts with 'http', not with amqp://"),
        ("BROKER_URL", "redis:///0", "names no host"),
        ("BROKER_URL", "redis+socket://", "names no socket file"),
        ("CACHE_URL", "memcached://cache", "starts with 'memcached'"),
        ("CACHE_URL", "redis://", "names no host"),
        ("STORAGE_URL", "/srv/media", "starts with '/srv/media', not with file:// or s3://"),
        ("STORAGE_URL", "file://srv/media", "names no absolute folder"),
        ("STORAGE_URL", "s3://", "names no bucket"),
        ("STORAGE_URL", "s3://bucket/folder", "or a path after it"),
        ("STORAGE_URL", "s3://bucket?zone=eu", "has the unknown option 'zone'"),
        ("STORAGE_URL", "s3://bucket?endpoint=s3.example.com", "has an endpoint that does not start with https://"),
        ("EMAIL_URL", "mail.example.com", "starts with 'mail.example.com', not with smtp://"),
        ("EMAIL_URL", "smtp://", "names no mail server"),
        ("EMAIL_URL", "smtp://mail.example.com:many", "has a port or host that cannot be read"),
        ("EMAIL_URL", "smtp://mail.example.com?tls=1", "has options after '?'"),
        ("EMAIL_URL", "filemail:", "names no absolute folder"),
        ("DEFAULT_FROM_EMAIL", "portal", "is not an e-mail address"),
        ("DEFAULT_FROM_EMAIL", "Portal <portal@example.com", "is not an e-mail address"),
        ("SENTRY_DSN", "sentry.example.com", "starts with 'sentry.example.com'"),
        ("SENTRY_DSN", "https://sentry.example.com/42", "is not a DSN"),
        ("ERP_OUT_DIR", "erp/out", "is 'erp/out', not an absolute path"),
        ("ERP_IN_DIR", "/nowhere/at/all", "is not a folder this machine can see"),
        ("PORTAL_URL", "dealers.example.com", "starts with 'dealers.example.com'"),
        ("PORTAL_URL", "https://dealers.example.com/shop", "is not an address of scheme and host alone"),
        ("DEFAULT_CURRENCY", "euro", "is 'euro', not a currency code"),
        ("TIME_ZONE", "Mars/Olympus", "is 'Mars/Olympus', which is no time zone"),
        ("LOG_LEVEL", "LOUD", "is not one of DEBUG, INFO, WARNING, ERROR"),
        ("PORT", "0", "is '0', not a number from 1 to 65535"),
        ("PORT", "70000", "not a number from 1 to 65535"),
    ],
)
def test_a_malformed_variable_is_named_with_reason_and_example(name: str, value: str, why: str, tmp_path: Path) -> None:
    told = problems({name: value}, tmp_path)

    assert len(told) == 1
    assert told[0].startswith(f"{name} ")
    assert why in told[0]
    assert told[0].endswith(f"; for example: {environment.EXAMPLES[name]}")


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("DEBUG", "true", "is on, which would show code"),
        ("ALLOWED_HOSTS", "*", "contains '*'"),
        ("SECRET_KEY", "secret", "is too easy to guess"),
        ("SECRET_KEY", "a" * 60, "is too easy to guess"),
        ("PORTAL_URL", "http://dealers.example.com", "starts with 'http', not with https://"),
    ],
)
def test_production_refuses_what_development_may(name: str, value: str, why: str, tmp_path: Path) -> None:
    environment.read({name: value}, tmp_path)

    told = problems({**PRODUCTION, name: value}, tmp_path)

    assert len(told) == 1
    assert why in told[0]


def test_the_erp_may_not_read_what_it_writes(tmp_path: Path) -> None:
    told = problems({"ERP_OUT_DIR": str(tmp_path), "ERP_IN_DIR": str(tmp_path)}, tmp_path)

    assert told[0].startswith("ERP_IN_DIR names the same folder as ERP_OUT_DIR")


def test_a_folder_that_cannot_keep_the_key_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file in the way")

    assert problems({}, tmp_path / "var")[0].startswith("SECRET_KEY is not set and")


def test_every_variable_is_documented() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text()

    assert [name for name in environment.EXAMPLES if f"`{name}`" not in page] == []
