from django.apps import AppConfig


class PortalApiConfig(AppConfig):
    name = "portal.api"
    label = "portal_api"
