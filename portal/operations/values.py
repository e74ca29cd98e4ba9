"""What the value of each environment variable may be, and the Django setting that follows from it.

Each function takes the text of one variable and returns what it means, or raises ``WrongValue`` with words that follow
the variable's name in a sentence.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import environ

_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_HOST_NAME = re.compile(r"\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\]|\*")
_ADDRESS = re.compile(r"(?:[^<>@]*<)?[^<>@\s]+@[^<>@\s]+>?")
_BROKER_SCHEMES = {
    "amqp": "amqp",
    "amqps": "amqps",
    "redis": "redis",
    "rediss": "rediss",
    "redis+socket": "redis+socket",
}
_CACHE_SCHEMES = {"redis": "redis", "rediss": "rediss", "unix": "unix"}
_VALKEY = {"valkey": "redis", "valkeys": "rediss"}
_MAIL_PORTS = {"smtp": 25, "smtps": 587, "smtp+tls": 587, "smtp+ssl": 465}
_MAIL_SCHEMES = (*_MAIL_PORTS, "filemail", "consolemail")
_SHORTEST_KEY = 50


class WrongValue(ValueError):
    """Why a value is refused; the words follow the variable's name in a sentence."""


@dataclass(frozen=True)
class Storage:
    """Where uploaded and made files lie: a folder (``file``) or a bucket (``s3``)."""

    kind: Literal["file", "s3"]
    location: str
    region: str | None = None
    endpoint: str | None = None

    def django_setting(self) -> dict[str, Any]:
        """The entry for Django's ``STORAGES``; files of a bucket are private and served by signed addresses."""
        if self.kind == "file":
            return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": self.location}}
        options: dict[str, Any] = {"bucket_name": self.location, "default_acl": None, "file_overwrite": False}
        if self.region:
            options["region_name"] = self.region
        if self.endpoint:
            options["endpoint_url"] = self.endpoint
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def production(value: str) -> bool:
    """Whether this is production."""
    if value not in ("production", "development"):
        raise WrongValue("is neither 'production' nor 'development'")
    return value == "production"


def truth(value: str) -> bool:
    """True or false, in the usual words."""
    if value.lower() not in _WORDS:
        raise WrongValue("is neither 'true' nor 'false'")
    return _WORDS[value.lower()]


def no_debug(value: str) -> bool:
    """False; on is refused."""
    if truth(value):
        raise WrongValue("is on, which would show code and settings to visitors in production")
    return False


def long_key(value: str) -> str:
    """A key nobody can guess."""
    if len(value) < _SHORTEST_KEY or len(set(value)) < 5 or value.startswith("django-insecure-"):
        raise WrongValue(f"is too easy to guess: it needs at least {_SHORTEST_KEY} random characters")
    return value


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def hosts_or_any(value: str) -> tuple[str, ...]:
    """Host names as Django's ``ALLOWED_HOSTS`` takes them."""
    for host in _list(value):
        if not _HOST_NAME.fullmatch(host):
            raise WrongValue(f"contains '{host}', which is not a host name (no scheme, port or path)")
    return _list(value)


def hosts(value: str) -> tuple[str, ...]:
    """As `hosts_or_any`, but never every host."""
    if "*" in _list(value):
        raise WrongValue("contains '*', which would accept every host name in production")
    return hosts_or_any(value)


def origins_of(hosts: tuple[str, ...], production: bool) -> tuple[str, ...]:
    """The https origins of the hosts; none in development, where the browser's own host is enough."""
    if not production:
        return ()
    return tuple(f"https://*{host}" if host.startswith(".") else f"https://{host}" for host in hosts)


def origins(value: str) -> tuple[str, ...]:
    """Origins, scheme and host each."""
    for origin in _list(value):
        url = urlsplit(origin)
        if url.scheme not in ("http", "https") or not url.netloc or url.path:
            raise WrongValue(f"contains '{origin}', which is not an origin (scheme and host, no path)")
    return _list(value)


def _url(value: str, schemes: tuple[str, ...]) -> SplitResult:
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError as why:
        raise WrongValue("has a port or host that cannot be read") from why
    if url.scheme not in schemes:
        raise WrongValue(
            f"starts with '{url.scheme or value[:20]}', not with {' or '.join(f'{s}://' for s in schemes)}"
        )
    return url


def database(value: str) -> dict[str, Any]:
    """A PostgreSQL URL as an entry of ``DATABASES``."""
    url = _url(value, ("postgres", "postgresql"))
    if not url.path.strip("/"):
        raise WrongValue("names no database after the host")
    config: dict[str, Any] = environ.Env.db_url_config(value)
    return config


def _server(value: str, schemes: Mapping[str, str]) -> str:
    """A broker or cache URL with a host, or with a socket path where the scheme says so; Valkey speaks Redis."""
    known = {**schemes, **_VALKEY}
    url = _url(value, tuple(known))
    if url.scheme in ("unix", "redis+socket"):
        if not url.path.startswith("/"):
            raise WrongValue("names no socket file")
    elif not url.hostname:
        raise WrongValue("names no host")
    return known[url.scheme] + value[len(url.scheme) :]


def broker(value: str) -> str:
    """A broker URL as Celery takes it; Valkey speaks Redis."""
    return _server(value, _BROKER_SCHEMES)


def cache(value: str) -> dict[str, Any]:
    """A cache URL as an entry of ``CACHES``."""
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _server(value, _CACHE_SCHEMES)}


def storage(value: str) -> Storage:
    """A folder or a bucket."""
    url = _url(value, ("file", "s3"))
    if url.scheme == "file":
        if url.netloc or url.path in ("", "/"):
            raise WrongValue("names no absolute folder (three slashes after 'file:')")
        return Storage("file", unquote(url.path))
    if not url.netloc or url.path.strip("/"):
        raise WrongValue("names no bucket, or a path after it")
    options = {name: values[0] for name, values in parse_qs(url.query).items()}
    if unknown := options.keys() - {"region", "endpoint"}:
        raise WrongValue(f"has the unknown option '{min(unknown)}' (known: region, endpoint)")
    endpoint = options.get("endpoint")
    if endpoint and urlsplit(endpoint).scheme not in ("http", "https"):
        raise WrongValue("has an endpoint that does not start with https://")
    return Storage("s3", url.netloc, options.get("region"), endpoint)


def mail_into(folder: Path) -> dict[str, Any]:
    """Mail settings that write every message into a folder."""
    return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": str(folder)}


def email(value: str) -> dict[str, Any]:
    """A mail URL as Django's ``EMAIL_`` settings."""
    url = _url(value, _MAIL_SCHEMES)
    if url.scheme == "filemail":
        if not url.path.startswith("/"):
            raise WrongValue("names no absolute folder")
        return mail_into(Path(unquote(url.path)))
    if url.scheme == "consolemail":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if not url.hostname:
        raise WrongValue("names no mail server")
    config: dict[str, Any] = environ.Env.email_url_config(value)
    if config.pop("OPTIONS", None):
        raise WrongValue("has options after '?', of which none is known")
    config.pop("EMAIL_FILE_PATH")
    return config | {"EMAIL_PORT": url.port or _MAIL_PORTS[url.scheme], "EMAIL_TIMEOUT": 20}


def sender(value: str) -> str:
    """One address, with or without a name."""
    if not _ADDRESS.fullmatch(value) or ("<" in value) != value.endswith(">"):
        raise WrongValue("is not an e-mail address")
    return value


def sentry(value: str) -> str:
    """A Sentry DSN."""
    url = _url(value, ("https", "http"))
    if not url.username or not url.hostname or not url.path.rpartition("/")[2].isdigit():
        raise WrongValue("is not a DSN (https://key@host/number)")
    return value


def folder(value: str) -> Path:
    """An absolute path of a folder that exists."""
    path = Path(value)
    if not path.is_absolute():
        raise WrongValue(f"is '{value}', not an absolute path")
    if not path.is_dir():
        raise WrongValue(f"names '{value}', which is not a folder this machine can see")
    return path


def address(value: str) -> str:
    """The address of the portal without a path and without a slash at the end."""
    url = _url(value, ("https", "http"))
    if not url.hostname or url.path.strip("/") or url.query:
        raise WrongValue("is not an address of scheme and host alone")
    return value.rstrip("/")


def secure_address(value: str) -> str:
    """As `address`, by https only."""
    _url(value, ("https",))
    return address(value)


def currency(value: str) -> str:
    """An ISO 4217 code."""
    if not re.fullmatch("[A-Z]{3}", value):
        raise WrongValue(f"is '{value}', not a currency code of three capital letters")
    return value


def time_zone(value: str) -> str:
    """A name of the IANA time zone database."""
    if value not in zoneinfo.available_timezones():
        raise WrongValue(f"is '{value}', which is no time zone")
    return value


def log_level(value: str) -> str:
    """A level of the standard library."""
    if value.upper() not in _LOG_LEVELS:
        raise WrongValue(f"is not one of {', '.join(_LOG_LEVELS)}")
    return value.upper()


def port(value: str) -> int:
    """A TCP port."""
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65536:
        raise WrongValue(f"is '{value}', not a number from 1 to 65535")
    return int(value)


def few(value: str) -> int:
    """A whole number of proxies, at most nine."""
    if len(value) != 1 or not value.isascii() or not value.isdigit():
        raise WrongValue(f"is '{value}', not a number of proxies from 0 to 9")
    return int(value)


def percent(value: str) -> int:
    """A whole percentage from 1 to 1000."""
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 1000:
        raise WrongValue(f"is '{value}', not a percentage from 1 to 1000")
    return int(value)


def megabytes(value: str) -> int:
    """A whole number of megabytes from 1 to 1000."""
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 1000:
        raise WrongValue(f"is '{value}', not a number of megabytes from 1 to 1000")
    return int(value)


def seconds(value: str) -> int:
    """A whole number of seconds, at most an hour."""
    if not value.isascii() or not value.isdigit() or int(value) > 3600:
        raise WrongValue(f"is '{value}', not a number of seconds from 0 to 3600")
    return int(value)
