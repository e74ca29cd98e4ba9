from django.apps import AppConfig


class PortalOperationsConfig(AppConfig):
    name = "portal.operations"
    label = "portal_operations"

    def ready(self) -> None:
        from portal.operations import orders

        orders.connect()
