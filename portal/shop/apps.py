from django.apps import AppConfig


class PortalShopConfig(AppConfig):
    name = "portal.shop"
    label = "portal_shop"

    def ready(self) -> None:
        from portal.shop.entries import connect

        connect()
