from django.apps import AppConfig


class PortalCmsConfig(AppConfig):
    name = "portal.cms"
    label = "portal_cms"
    default_auto_field = "django.db.models.BigAutoField"
