"""The portal: the only room that knows a browser, a mailbox, a file format and a CMS."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
