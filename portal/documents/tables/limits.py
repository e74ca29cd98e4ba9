"""How much an uploaded table may ask of us. Pure: used by the server and by the reading process alike."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one upload may cost. Sizes are in bytes unless the name says characters; times are in seconds."""

    file_size: int = 50 * MEBIBYTE
    rows: int = 1_100_000
    columns: int = 500
    cell_characters: int = 32_767
    row_characters: int = 1_000_000
    output_characters: int = 512 * MEBIBYTE
    archive_parts: int = 2_000
    archive_directory: int = 1 * MEBIBYTE
    part_size: int = 800 * MEBIBYTE
    expanded_size: int = 1024 * MEBIBYTE
    expansion_ratio: int = 100
    expansion_grace: int = 5 * MEBIBYTE
    sheets: int = 200
    styles: int = 100_000
    memory: int = 512 * MEBIBYTE
    cpu_seconds: int = 120
    patience_seconds: int = 180
    frame_bytes: int = 16 * MEBIBYTE


DEFAULT = Limits()
