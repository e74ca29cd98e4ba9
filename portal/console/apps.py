from django.apps import AppConfig


class PortalConsoleConfig(AppConfig):
    name = "portal.console"
    label = "portal_console"
