from django.apps import AppConfig


class PortalExportsConfig(AppConfig):
    name = "portal.exports"
    label = "portal_exports"
    default_auto_field = "django.db.models.BigAutoField"
