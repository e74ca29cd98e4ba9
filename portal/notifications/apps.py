from django.apps import AppConfig


class PortalNotificationsConfig(AppConfig):
    name = "portal.notifications"
    label = "portal_notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from portal.notifications import offers, receivers

        receivers.connect()
        offers.connect()
