from django.apps import AppConfig


class PortalComponentsConfig(AppConfig):
    name = "portal.components"
    label = "portal_components"
