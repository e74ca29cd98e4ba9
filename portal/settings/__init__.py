"""Django settings. What differs between machines comes from the environment only (`docs/operating.md`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from oscar.defaults import *  # noqa: F403  # Oscar documents this as the way to its defaults

from portal.operations import environment
from portal.settings.apps import INSTALLED_APPS as INSTALLED_APPS
from portal.settings.logs import logging_config
from portal.settings.security import ADMIN_CONTENT_SECURITY_POLICY as ADMIN_CONTENT_SECURITY_POLICY
from portal.settings.security import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY

BASE_DIR = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("PORTAL_VAR", BASE_DIR / "var")).absolute()
ENVIRONMENT = environment.read(os.environ, VAR)

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.csrf_trusted_origins)
PRODUCTION = ENVIRONMENT.production

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
SITE_ID = 1
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.access.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "portal.access.middleware.AccessMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oscar.core.context_processors.metadata",
                "portal.access.context.portal",
            ],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **ENVIRONMENT.database,
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
CACHES: dict[str, dict[str, Any]] = {"default": dict(ENVIRONMENT.cache)}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

STORAGES: dict[str, dict[str, Any]] = {
    "default": ENVIRONMENT.storage.django_setting(),
    # Production serves collected, hashed and compressed files; elsewhere they come straight from where they lie.
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "portal" / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = not PRODUCTION

# People
AUTH_USER_MODEL = "dealers_accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "front"
LOGOUT_REDIRECT_URL = "front"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "portal.access.adapter.ClosedAccountAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key", "reset_password": "20/h/ip,5/h/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = ENVIRONMENT.trusted_proxies  # whose word on a visitor's address counts for the limits
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# Languages, time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = ENVIRONMENT.time_zone

# Mail
vars().update(ENVIRONMENT.email)
DEFAULT_FROM_EMAIL = ENVIRONMENT.default_from_email
SERVER_EMAIL = ENVIRONMENT.default_from_email

# Links in mails
PORTAL_URL = ENVIRONMENT.portal_url

# The catalogue calls a product new for so many days
CATALOGUE_NEW_DAYS = 30

# A price edited on screen that moves by more is asked for a second time
PRICE_ASKS_FROM_PERCENT = ENVIRONMENT.price_asks_from_percent
IMPORT_FILE_MB = ENVIRONMENT.import_file_mb

# Wagtail
WAGTAIL_SITE_NAME = "Dealer portal"
WAGTAILADMIN_BASE_URL = PORTAL_URL
WAGTAIL_I18N_ENABLED = True
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_FRONTEND_LOGIN_URL = "/accounts/login/"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAIL_GRAVATAR_PROVIDER_URL = None

# Oscar
OSCAR_SHOP_NAME = "Dealer portal"
OSCAR_DEFAULT_CURRENCY = ENVIRONMENT.default_currency
OSCAR_DYNAMIC_CLASS_LOADER = "portal.oscar.bindings.load_classes"
OSCAR_HOMEPAGE = "/"
OSCAR_ALLOW_ANON_REVIEWS = False
OSCAR_IMAGE_FOLDER = "products/"
OSCAR_DELETE_IMAGE_FILES = False
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
OSCAR_DASHBOARD_NAVIGATION = [
    {"label": _("Catalogue"), "icon": "fas fa-sitemap", "children": [
        {"label": _("Products"), "url_name": "dashboard:catalogue-product-list"},
        {"label": _("Product types"), "url_name": "dashboard:catalogue-class-list"},
        {"label": _("Categories"), "url_name": "dashboard:catalogue-category-list"},
    ]},
]  # fmt: skip

# Celery: the tables make the promises; these settings only keep work from being dropped needlessly.
CELERY_BROKER_URL = ENVIRONMENT.broker_url
# A broker that does not answer keeps nobody waiting: one attempt, and the sweeps of beat find the work in its table.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"max_retries": 0, "interval_start": 0, "interval_step": 0}
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS["socket_connect_timeout"] = 2
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "deliver-outbox": {"task": "erp_bridge.outbox.deliver_due", "schedule": 10.0, "options": {"expires": 10}},
    "collect-inbound": {"task": "erp_bridge.inbound.collect", "schedule": 5.0, "options": {"expires": 5}},
    "send-mail": {"task": "portal.notifications.send_due", "schedule": 15.0, "options": {"expires": 15}},
    "resume-imports": {"task": "portal.imports.resume", "schedule": 60.0, "options": {"expires": 60}},
    "resume-exports": {"task": "portal.exports.resume", "schedule": 60.0, "options": {"expires": 60}},
    "purge-exports": {"task": "portal.exports.purge", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-offers": {"task": "portal.sourcing.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "retry-backlog": {"task": "portal.sourcing.retry_backlog", "schedule": 300.0, "options": {"expires": 300}},
    "refresh-scores": {"task": "portal.sourcing.refresh_scores", "schedule": 300.0, "options": {"expires": 300}},
    "settle-due": {"task": "portal.sourcing.settle_due", "schedule": 3600.0, "options": {"expires": 3600}},
    "reoptimise": {"task": "portal.sourcing.reoptimise", "schedule": 600.0, "options": {"expires": 600}},
    "resume-desk-jobs": {"task": "portal.sourcing.resume_jobs", "schedule": 60.0, "options": {"expires": 60}},
    "resume-webhooks": {"task": "portal.api.resume_webhooks", "schedule": 60.0, "options": {"expires": 60}},
    "remove-contacts": {"task": "portal.api.remove_contacts", "schedule": 86_400.0, "options": {"expires": 3_600}},
}

# The bridge
ERP_OUT_DIR = ENVIRONMENT.erp_out_dir
ERP_IN_DIR = ENVIRONMENT.erp_in_dir
ERP_QUIET_SECONDS = ENVIRONMENT.erp_quiet_seconds
OUTBOX_READY_AGE_SECONDS = 900
HEALTH_CHECKS = {"outbox": "erp_bridge.outbox.health.oldest_age"}

# Uploads and requests
DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

# Security
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"  # except Wagtail's previews, see portal.access.middleware
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SAMESITE = "Lax"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    LANGUAGE_COOKIE_SECURE = True

# Logs
LOGGING_CONFIG = None
logging_config(production=PRODUCTION, level="WARNING" if "pytest" in sys.modules else ENVIRONMENT.log_level)
DJANGO_STRUCTLOG_CELERY_ENABLED = True

if ENVIRONMENT.sentry_dsn:
    import sentry_sdk

    sentry_sdk.init(dsn=ENVIRONMENT.sentry_dsn, send_default_pii=False)

SILENCED_SYSTEM_CHECKS: list[str] = []
