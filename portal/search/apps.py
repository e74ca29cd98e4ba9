from django.apps import AppConfig


class PortalSearchConfig(AppConfig):
    name = "portal.search"
    label = "portal_search"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from portal.search.receivers import connect

        connect()
