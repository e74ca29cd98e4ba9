"""Taking in the supplier's logo: a hostile file until it has been measured, decoded and written anew."""

from __future__ import annotations

import io
import warnings
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image

MOST_BYTES = 2_000_000
MOST_PIXELS = 4_000_000
LONGEST_SIDE = 4_000
FORMATS = ("PNG", "JPEG", "WEBP")


class LogoField(forms.FileField):
    """A PNG, JPEG or WebP picture of at most 2 MB and 4 megapixels, cleaned to a new PNG without metadata."""

    default_error_messages = {
        "large": _("The file is larger than 2 MB. Choose a smaller one."),
        "picture": _("This is not a PNG, JPEG or WebP picture that can be read."),
        "pixels": _("The picture is larger than 4 megapixels. Make it smaller."),
    }

    def to_python(self, data: Any) -> Any:
        """The cleaned picture; size and pixels are refused before anything is decoded."""
        file = cast("UploadedFile[Any] | None", super().to_python(data))
        if file is None:
            return None
        if file.size is None or file.size > MOST_BYTES:
            raise forms.ValidationError(self.error_messages["large"], code="large")
        return ContentFile(self._clean(file.read()), name=f"logo-{uuid4().hex[:12]}.png")

    def _clean(self, content: bytes) -> bytes:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                picture = Image.open(io.BytesIO(content), formats=FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as why:
            raise forms.ValidationError(self.error_messages["pixels"], code="pixels") from why
        except Exception as why:  # Pillow raises many kinds for broken files
            raise forms.ValidationError(self.error_messages["picture"], code="picture") from why
        width, height = picture.size
        if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
            raise forms.ValidationError(self.error_messages["pixels"], code="pixels")
        try:
            plain = picture.convert("RGBA")
            target = io.BytesIO()
            plain.save(target, "PNG", optimize=True)
        except Exception as why:  # a picture that is broken behind a sound header
            raise forms.ValidationError(self.error_messages["picture"], code="picture") from why
        return target.getvalue()
