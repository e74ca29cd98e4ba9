from django.apps import AppConfig


class PortalShopConfig(AppConfig):
    name = "portal.shop"
    label = "portal_shop"
