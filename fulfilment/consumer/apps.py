from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class FulfilmentConsumerConfig(AppConfig):
    name = "fulfilment.consumer"
    label = "fulfilment_consumer"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A database without places gets the packaged ones right after its migrations."""
        post_migrate.connect(_fill_places, sender=self, dispatch_uid="fulfilment.consumer.places")


def _fill_places(using: str, **_others: Any) -> None:
    from django.db import connections

    from fulfilment.consumer.placedata import load_packaged
    from fulfilment.consumer.places import Place

    migrated = Place._meta.db_table in connections[using].introspection.table_names()  # not before another app's
    if using == "default" and migrated and not Place.objects.exists():
        load_packaged()
