"""Statements that a connection keeps ready: of what searchers wait for, planning takes PostgreSQL longest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

#: So many statements are kept ready by one connection; the one that was made first goes.
MOST_PREPARED = 50
NAMED = re.compile(r"%\((\w+)\)s")
_ready: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()
_numbers = count(1)


def prepared_rows(sql: str, values: Mapping[str, Any]) -> list[Any]:
    """The rows of a statement with named values, which PostgreSQL plans only the first few times it is asked.

    One round trip, the first time too. Statements differ by their text, so no value may stand in it. Where connections
    are shared between transactions (`DISABLE_SERVER_SIDE_CURSORS` says so) nothing is kept and it is planned each time.
    """
    with connection.cursor() as cursor:
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            cursor.execute(sql, values)
            return cursor.fetchall()
        ready = _ready.setdefault(connection.connection, {})
        names = list(dict.fromkeys(NAMED.findall(sql)))
        arguments = ", ".join(f"%({name})s" for name in names)
        if sql in ready:
            cursor.execute(f"EXECUTE {ready[sql]} ({arguments})", values)
            return cursor.fetchall()
        places = {name: f"${place}" for place, name in enumerate(names, start=1)}
        name, text = f"search_{next(_numbers)}", NAMED.sub(lambda found: places[found[1]], sql)
        gone = f"DEALLOCATE {ready.pop(next(iter(ready)))}; " if len(ready) >= MOST_PREPARED else ""
        cursor.execute(f"{gone}PREPARE {name} AS {text}; EXECUTE {name} ({arguments})", values)
        ready[sql] = name
        return cursor.fetchall()
