from django.apps import AppConfig


class PortalAccessConfig(AppConfig):
    name = "portal.access"
    label = "portal_access"
