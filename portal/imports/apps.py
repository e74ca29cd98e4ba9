from django.apps import AppConfig


class PortalImportsConfig(AppConfig):
    name = "portal.imports"
    label = "portal_imports"
    default_auto_field = "django.db.models.BigAutoField"
