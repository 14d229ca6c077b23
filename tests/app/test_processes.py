"""What the children are started with."""

from pathlib import Path

import pytest

from app.processes import processes, rasa_environment
from app.settings import ROOT, load_settings


def test_each_listens_where_the_settings_say(tmp_path: Path) -> None:
    settings = load_settings(port=8100, rasa_port=5100, actions_port=5101, data_dir=tmp_path)
    rasa, actions, bot = processes(settings)
    assert [rasa.name, actions.name, bot.name] == ["rasa", "actions", "bot"]
    assert rasa.command[rasa.command.index("--port") + 1] == "5100"
    assert rasa.command[rasa.command.index("--interface") + 1] == "127.0.0.1"
    assert rasa.environment["RASA_ACTIONS_URL"] == "http://127.0.0.1:5101/webhook"
    assert actions.environment["SHUDI_ACTIONS_PORT"] == "5101"
    assert actions.environment["SANIC_HOST"] == "127.0.0.1"
    assert bot.environment["SHUDI_PORT"] == "8100"
    assert bot.environment["SHUDI_DATA_DIR"] == str(tmp_path)
    assert (actions.ready_url, bot.ready_url) == (
        "http://127.0.0.1:5101/health",
        "http://127.0.0.1:8100/health",
    )


def test_a_child_reads_the_same_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = load_settings(data_dir=tmp_path, secret_key="k" * 40, demo_autopilot=True, log_level="debug")
    _, _, bot = processes(given)
    for name, value in bot.environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings() == given


def test_rasa_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHUDI_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("SHUDI_WECHAT_APP_SECRET", "wechat")
    environment = rasa_environment(load_settings())
    assert not [name for name in environment if name.startswith("SHUDI_")]
    assert environment["RASA_TELEMETRY_ENABLED"] == "false"


def test_rasa_keeps_its_conversations_beside_the_data(tmp_path: Path) -> None:
    environment = rasa_environment(load_settings(data_dir=tmp_path))
    assert (environment["RASA_TRACKER_TYPE"], environment["RASA_LOCK_TYPE"]) == ("sql", "in_memory")
    assert environment["RASA_TRACKER_DB"] == str(tmp_path / "rasa-tracker.db")


def test_with_redis_rasa_keeps_them_there() -> None:
    environment = rasa_environment(load_settings(redis_url="rediss://me:p%40ss@cache:6380/2"))
    assert (environment["RASA_TRACKER_TYPE"], environment["RASA_LOCK_TYPE"]) == ("redis", "redis")
    assert (environment["RASA_STORE_HOST"], environment["RASA_STORE_PORT"]) == ("cache", "6380")
    assert (environment["RASA_STORE_USERNAME"], environment["RASA_STORE_PASSWORD"]) == ("me", "p@ss")
    assert (environment["RASA_LOCK_DB"], environment["RASA_STORE_SSL"]) == ("2", "yes")


@pytest.mark.parametrize("redis", ["", "redis://localhost"])
def test_every_variable_of_the_rasa_files_is_set(redis: str) -> None:
    import re

    environment = rasa_environment(load_settings(redis_url=redis))
    for name in ("endpoints.yml", "credentials.yml"):
        for variable in re.findall(r"\$\{(\w+)\}", (ROOT / name).read_text()):
            assert variable in environment, f"{name}: {variable}"
