"""The history of the tables brings a database exactly to what the code declares."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Inspector, create_engine, inspect, text
from sqlalchemy.engine import make_url

from app import migrations
from app.errors import StartupError
from app.migrations.tables import all_tables
from lending.storage import pickup as pickup_rows
from lending.storage.base import Database
from tests.databases import PostgresServer, free_port

Fresh = Callable[[str], str]
"""A name in; the address of a new database without tables out."""

VERSION_TABLE = "alembic_version"

BRANCH = {
    "id": "renmin",
    "name": "人民路分馆",
    "address": "人民路858号",
    "latitude": 31.3,
    "longitude": 120.6,
    "hours": "24h",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """Makes empty databases, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return lambda name: f"sqlite+pysqlite:///{tmp_path / name}.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return lambda name: server.fresh(f"{name}_{tmp_path.name}".lower())


def test_the_tables_are_those_the_code_declares(fresh: Fresh) -> None:
    url = fresh("migrated")
    migrations.upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        options = {"compare_type": True, "render_as_batch": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, all_tables()) == []
    engine.dispose()


def test_defaults_checks_and_conditions_are_the_same_too(fresh: Fresh) -> None:
    """What Alembic does not compare: a database made at once and one made by the history look alike."""
    migrated, declared = fresh("migrated_shape"), fresh("declared_shape")
    migrations.upgrade(migrated)
    engine = create_engine(declared)
    all_tables().create_all(engine)
    engine.dispose()
    assert shape(migrated) == shape(declared)


def test_a_second_upgrade_changes_nothing(fresh: Fresh) -> None:
    url = fresh("twice")
    migrations.upgrade(url)
    before = shape(url)
    migrations.upgrade(url)
    assert shape(url) == before
    assert run(url, f"SELECT count(*) FROM {VERSION_TABLE}") == 1


def test_data_survives_an_upgrade(fresh: Fresh) -> None:
    url = fresh("filled")
    migrations.upgrade(url)
    database = Database(url)
    with database.begin() as connection:
        pickup_rows.put_branch(connection, BRANCH)
    database.dispose()
    migrations.upgrade(url)
    assert run(url, "SELECT name FROM branches") == "人民路分馆"


def test_a_database_of_a_newer_version_is_refused_and_left_alone(fresh: Fresh) -> None:
    url = fresh("newer")
    migrations.upgrade(url)
    write(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    before = shape(url)
    for attempt in (migrations.check, migrations.upgrade):
        with pytest.raises(StartupError, match=r"^The database was written by a newer version .*9999.*\.$"):
            attempt(url)
    assert shape(url) == before
    assert run(url, f"SELECT version_num FROM {VERSION_TABLE}") == "9999"


def test_a_file_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert_refused(f"sqlite+pysqlite:///{tmp_path}/missing/shudi.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shudi.db").write_bytes(b"no database at all" * 100)
    assert_refused(f"sqlite+pysqlite:///{tmp_path}/shudi.db")


def test_a_server_that_does_not_answer_is_refused() -> None:
    assert_refused(f"postgresql+psycopg://shudi:very-secret@127.0.0.1:{free_port()}/shudi")


@pytest.mark.postgresql
def test_a_database_that_the_server_does_not_have_is_refused(postgres_server: PostgresServer) -> None:
    assert_refused(postgres_server.address("nowhere"))


def test_a_percent_sign_in_the_address_is_no_riddle(tmp_path: Path) -> None:
    folder = tmp_path / "100%"
    folder.mkdir()
    migrations.upgrade(f"sqlite+pysqlite:///{folder}/shudi.db")
    assert (folder / "shudi.db").exists()


# --- helpers ---


def assert_refused(url: str) -> None:
    """One line that names the database and tells no password."""
    with pytest.raises(StartupError) as caught:
        migrations.upgrade(url)
    said = str(caught.value)
    assert said.startswith("The database ")
    assert said.endswith(".")
    assert "\n" not in said
    assert (make_url(url).password or "\0") not in said


def shape(url: str) -> dict[str, Any]:
    """Everything a database tells about its tables, in an order of its own."""
    engine = create_engine(url)
    seen = inspect(engine)
    tables = [name for name in seen.get_table_names() if name != VERSION_TABLE]
    found = {name: table_shape(seen, name) for name in tables}
    engine.dispose()
    return found


def table_shape(seen: Inspector, name: str) -> dict[str, Any]:
    """Columns, keys, uniques, checks and indexes of one table."""
    columns = {
        column["name"]: (str(column["type"]), column["nullable"], column["default"])
        for column in seen.get_columns(name)
    }
    return {
        "columns": columns,
        "key": seen.get_pk_constraint(name),
        "foreign": ordered(seen.get_foreign_keys(name)),
        "unique": ordered(seen.get_unique_constraints(name)),
        "checks": ordered(seen.get_check_constraints(name)),
        "indexes": ordered(seen.get_indexes(name)),
    }


def ordered(parts: Any) -> list[str]:
    """Constraints come in no order that means anything."""
    return sorted(written(part) for part in parts)


def written(part: Any) -> str:
    """A constraint in words; a condition as it is written."""
    if isinstance(part, dict):
        return ", ".join(f"{name}={written(value)}" for name, value in sorted(part.items()))
    return str(part)


def run(url: str, sql: str) -> Any:
    """The first value of a query."""
    engine = create_engine(url)
    with engine.connect() as connection:
        value = connection.execute(text(sql)).scalar()
    engine.dispose()
    return value


def write(url: str, sql: str) -> None:
    """Change something by hand."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(sql))
    engine.dispose()
