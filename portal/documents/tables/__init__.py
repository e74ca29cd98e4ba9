"""Reading tables that people upload: CSV, TSV and XLSX, streamed, exact, and treated as hostile.

Callers use `reading.open_table` and `reading.preview`, and catch `refusals.TableRefused`. This package is also what the
reading child process imports, so nothing but the standard library may be imported here.
"""
