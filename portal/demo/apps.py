from django.apps import AppConfig


class PortalDemoConfig(AppConfig):
    name = "portal.demo"
    label = "portal_demo"
