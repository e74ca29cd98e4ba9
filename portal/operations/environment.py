"""The environment variables that configure the portal, read once and checked.

Nothing is needed in development: what is missing comes from the embedded servers and folders under ``var/``. With
``PORTAL_ENV=production`` nothing is guessed. Every variable that is missing or malformed is told in a sentence of its
own, all in one ``EnvironmentProblem``. ``docs/operating.md`` describes each variable.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import environ

from portal.operations import places, values
from portal.operations.problems import EnvironmentProblem

__all__ = ["Environment", "EnvironmentProblem", "read"]

T = TypeVar("T")

# Every variable with an example for the sentence that refuses it; the second group must be set in production.
EXAMPLES = {
    "PORTAL_ENV": "production",
    "DEBUG": "false",
    "CSRF_TRUSTED_ORIGINS": "https://dealers.example.com",
    "SENTRY_DSN": "https://0123456789abcdef@sentry.example.com/42",
    "ERP_OUT_DIR": "/srv/erp/from-portal",
    "ERP_IN_DIR": "/srv/erp/to-portal",
    "ERP_QUIET_SECONDS": "10",
    "PORTAL_URL": "https://dealers.example.com",
    "TRUSTED_PROXIES": "1",
    "DEFAULT_CURRENCY": "EUR",
    "PRICE_ASKS_FROM_PERCENT": "30",
    "IMPORT_FILE_MB": "200",
    "TIME_ZONE": "Europe/Berlin",
    "LOG_LEVEL": "INFO",
    "HOST": "127.0.0.1",
    "PORT": "8000",
} | (
    NEEDED_IN_PRODUCTION := {
        "SECRET_KEY": 'the output of `python -c "import secrets; print(secrets.token_urlsafe(64))"`',
        "ALLOWED_HOSTS": "dealers.example.com,www.dealers.example.com",
        "DATABASE_URL": "postgres://portal:password@db.example.com:5432/portal",
        "BROKER_URL": "amqps://portal:password@mq.example.com:5671/portal",
        "CACHE_URL": "rediss://:password@cache.example.com:6379/0",
        "STORAGE_URL": "s3://dealer-portal?region=eu-central-1 or file:///srv/portal/media",
        "EMAIL_URL": "smtp+tls://portal:password@mail.example.com:587",
        "DEFAULT_FROM_EMAIL": "Dealer portal <portal@example.com>",
    }
)

_LOOPBACK: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Environment:
    """What the environment says, checked. Dictionaries have the form of the Django setting they are for."""

    production: bool
    debug: bool
    secret_key: str = field(repr=False)
    allowed_hosts: tuple[str, ...]
    csrf_trusted_origins: tuple[str, ...]
    database: Mapping[str, Any] = field(repr=False)
    broker_url: str = field(repr=False)
    cache: Mapping[str, Any] = field(repr=False)
    storage: values.Storage
    email: Mapping[str, Any] = field(repr=False)
    default_from_email: str
    sentry_dsn: str | None
    erp_out_dir: Path
    erp_in_dir: Path
    erp_quiet_seconds: int
    """How long a file of the ERP must not change before it counts as complete."""
    portal_url: str
    """The address people use, without a slash at the end: the start of the links in mails."""
    trusted_proxies: int
    """How many proxies of our own stand before the portal, each adding to `X-Forwarded-For`."""
    default_currency: str
    price_asks_from_percent: int
    """How far a price edited on screen may move before the console asks a second time."""
    import_file_mb: int
    """The largest file that can be imported, in MB."""
    time_zone: str
    log_level: str
    host: str
    port: int
    embedded: bool
    """Whether any of database, broker and cache is one of the embedded servers, so that they must run."""


def read(variables: Mapping[str, str], var: Path) -> Environment:
    """Read and check the variables; ``var`` is the folder that stands in for what development does not set.

    Raises ``EnvironmentProblem`` with one sentence per variable that is missing or malformed. An empty value counts as
    not set. Makes ``var/secret-key`` when development sets no ``SECRET_KEY``.
    """
    reader = _Reader({name: value.strip() for name, value in variables.items() if name in EXAMPLES and value.strip()})
    production = reader.take("PORTAL_ENV", values.production, False)
    if production:
        reader.require(NEEDED_IN_PRODUCTION)
    host, port = reader.take("HOST", str, "127.0.0.1"), reader.take("PORT", values.port, 8000)
    development_hosts = _LOOPBACK if host in _LOOPBACK else ("*",)
    hosts = reader.take("ALLOWED_HOSTS", values.hosts if production else values.hosts_or_any, development_hosts)
    database = values.database(places.database_url(var))
    found = Environment(
        production=production,
        debug=reader.take("DEBUG", values.no_debug if production else values.truth, False),
        secret_key=reader.take("SECRET_KEY", values.long_key if production else str, ""),
        allowed_hosts=hosts,
        csrf_trusted_origins=reader.take("CSRF_TRUSTED_ORIGINS", values.origins, values.origins_of(hosts, production)),
        database=reader.take("DATABASE_URL", values.database, database),
        broker_url=reader.take("BROKER_URL", values.broker, places.broker_url(var)),
        cache=reader.take("CACHE_URL", values.cache, values.cache(places.cache_url(var))),
        storage=reader.take("STORAGE_URL", values.storage, values.Storage("file", str(var / "media"))),
        email=reader.take("EMAIL_URL", values.email, values.mail_into(var / "mail")),
        default_from_email=reader.take("DEFAULT_FROM_EMAIL", values.sender, "Dealer portal <portal@localhost>"),
        sentry_dsn=reader.take("SENTRY_DSN", values.sentry, None),
        erp_out_dir=reader.take("ERP_OUT_DIR", values.folder, var / "erp" / "out"),
        erp_in_dir=reader.take("ERP_IN_DIR", values.folder, var / "erp" / "in"),
        erp_quiet_seconds=reader.take("ERP_QUIET_SECONDS", values.seconds, 10),
        portal_url=reader.take(
            "PORTAL_URL",
            values.secure_address if production else values.address,
            f"https://{hosts[0].lstrip('.')}" if production else f"http://localhost:{port}",
        ),
        trusted_proxies=reader.take("TRUSTED_PROXIES", values.few, int(production)),
        default_currency=reader.take("DEFAULT_CURRENCY", values.currency, "CNY"),
        price_asks_from_percent=reader.take("PRICE_ASKS_FROM_PERCENT", values.percent, 30),
        import_file_mb=reader.take("IMPORT_FILE_MB", values.megabytes, 200),
        time_zone=reader.take("TIME_ZONE", values.time_zone, "Asia/Shanghai"),
        log_level=reader.take("LOG_LEVEL", values.log_level, "INFO"),
        host=host,
        port=port,
        embedded=not {"DATABASE_URL", "BROKER_URL", "CACHE_URL"} <= reader.given.keys(),
    )
    if found.erp_out_dir == found.erp_in_dir:
        reader.refuse("ERP_IN_DIR", "names the same folder as ERP_OUT_DIR")
    reader.finish()
    if found.secret_key:
        return found
    return replace(found, secret_key=_development_key(var / "secret-key"))


class _Reader:
    """Takes variables one by one and keeps every complaint for the end."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given
        self.problems: list[str] = []

    def take(self, name: str, parse: Callable[[str], T], default: T) -> T:
        if name not in self.given:
            return default
        try:
            return parse(self.given[name])
        except values.WrongValue as why:
            self.refuse(name, str(why))
        except (ValueError, environ.ImproperlyConfigured):
            self.refuse(name, "cannot be read")
        return default

    def require(self, names: Mapping[str, str]) -> None:
        for name in names:
            if name not in self.given:
                self.refuse(name, "is not set, but PORTAL_ENV=production needs it")

    def refuse(self, name: str, why: str) -> None:
        self.problems.append(f"{name} {why}; for example: {EXAMPLES[name]}")

    def finish(self) -> None:
        if self.problems:
            raise EnvironmentProblem("\n".join(self.problems))


def _development_key(path: Path) -> str:
    """A random key kept beside the data, so that sessions outlive a restart; made by whoever comes first."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(64))
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return path.read_text()
    except OSError as why:
        raise EnvironmentProblem(
            f"SECRET_KEY is not set and {path} cannot be kept ({why.strerror}); "
            f"set SECRET_KEY or make the folder writable."
        ) from why
