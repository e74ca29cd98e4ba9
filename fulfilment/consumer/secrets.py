"""Tokens that are kept as hashes only, and webhook secrets that are kept encrypted, for we need them to verify."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as random

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

PREFIX = "cot_"


def new_token() -> str:
    """A token for the API, with 256 bits of chance."""
    return PREFIX + random.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What is kept of a token. Tokens are random, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def new_secret() -> str:
    """A secret to enter in the shop."""
    return random.token_urlsafe(32)


def seal(secret: str) -> str:
    """A secret as it is kept: encrypted by a key from SECRET_KEY."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again; empty where it was sealed under a SECRET_KEY that is neither in force nor a fallback."""
    try:
        return _box().decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken:
        return ""


def signature(secret: str, body: bytes) -> str:
    """The base64 HMAC-SHA256 of a body, as Shopify and WooCommerce send it."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def signed_by(sealed: list[str], body: bytes, given: str) -> bool:
    """Whether one of the secrets signed the body; compared in constant time. No secret, no signature: False."""
    known = [secret for secret in map(unseal, sealed) if secret]
    matches = [
        hmac.compare_digest(signature(secret, body).encode(), given.encode(errors="replace")) for secret in known
    ]
    return any(matches)


def _box() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_key(key)) for key in keys])


def _key(secret_key: str | bytes) -> bytes:
    known = secret_key.encode() if isinstance(secret_key, str) else secret_key
    digest = hashlib.sha256(b"fulfilment.consumer.secrets:" + known).digest()
    return base64.urlsafe_b64encode(digest)
