from django.apps import AppConfig


class PortalLanguagesConfig(AppConfig):
    name = "portal.languages"
    label = "portal_languages"
