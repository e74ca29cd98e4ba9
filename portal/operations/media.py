"""Pictures from storage, for portals without a web server or bucket in front that serves them."""

from __future__ import annotations

import mimetypes

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

#: Only these folders are public; imports and exports lie beside them and are not.
PUBLIC_FOLDERS = ("products/", "categories/", "images/", "original_images/", "supplier/", "cache/")
#: Longer names are no file of ours, and some file systems fault on them.
LONGEST_NAME = 255


@require_safe
def serve(request: HttpRequest, name: str) -> FileResponse:
    """Serve one public picture; anything else does not exist."""
    if len(name.encode()) > LONGEST_NAME:
        raise Http404
    kind = mimetypes.guess_type(name)[0] or ""
    if not name.startswith(PUBLIC_FOLDERS) or ".." in name or not kind.startswith("image/") or kind == "image/svg+xml":
        raise Http404
    try:
        stored = default_storage.open(name)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, SuspiciousFileOperation) as why:
        raise Http404 from why
    response = FileResponse(stored, content_type=kind)
    response["Cache-Control"] = "public, max-age=86400"
    return response
