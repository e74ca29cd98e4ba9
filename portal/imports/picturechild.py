"""The child process that decodes pictures nobody has vouched for. It knows no settings and imports only Pillow.

It reads a length line and that many bytes, and answers with one line of JSON, until its input ends.
"""

import io
import json
import resource
import sys
import warnings

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 600
PIXELS = 40_000_000
FORMATS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}


def judge(data: bytes) -> dict[str, str]:
    """The picture's ending, or why it is refused."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data), formats=list(FORMATS)) as picture:
            picture.load()
            return {"ending": FORMATS[str(picture.format)]}
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        return {"refused": "too_many_pixels"}
    except Exception:
        return {"refused": "damaged"}


def main() -> None:
    """Judge until the input ends."""
    for kind, amount in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (amount, amount))
    while line := sys.stdin.buffer.readline():
        answer = judge(sys.stdin.buffer.read(int(line)))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
