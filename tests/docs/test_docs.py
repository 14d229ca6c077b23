"""The documentation is tested: what it names exists, and what exists is named."""

import re
import subprocess
from pathlib import Path

import pytest
import typer
import yaml

from app.cli import build
from app.settings import ROOT, Settings, variable
from lending.errors import Code

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "CHANGES").glob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
TICKED_VARIABLE = re.compile(r"`(SHUDI_(?!BENCH_)[A-Z_]+)`")
"""Benchmarks may have variables of their own; they are no settings of the program."""


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def plain(value: object) -> str:
    """A default as the table shows it."""
    revealed = getattr(value, "get_secret_value", lambda: value)()
    return "" if revealed is None else str(revealed)


# --- settings ---


def settings_rows() -> dict[str, tuple[str, str]]:
    rows = re.findall(r"^\| `(SHUDI_\w+)` \| (.*?) \| (.*) \|$", text_of("docs/settings.md"), re.MULTILINE)
    return {name: (default, meaning) for name, default, meaning in rows}


def test_the_settings_page_names_every_setting_and_nothing_else() -> None:
    wanted = {}
    for name, field in Settings.model_fields.items():
        default = plain(field.default)
        wanted[variable(name)] = (f"`{default}`" if default else "", field.description)
    assert settings_rows() == wanted


def test_the_example_file_names_every_setting_with_its_default() -> None:
    lines = re.findall(r"^#?(SHUDI_\w+)=(.*)$", text_of(".env.example"), re.MULTILINE)
    assert lines == [(variable(name), plain(field.default)) for name, field in Settings.model_fields.items()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_settings_that_exist(page: Path) -> None:
    known = {variable(name) for name in Settings.model_fields}
    assert set(TICKED_VARIABLE.findall(page.read_text(encoding="utf-8"))) <= known


# --- commands ---


def command_names(command: object, path: str) -> list[str]:
    below = getattr(command, "commands", None)
    if below is None:
        return [path]
    return [name for key, child in below.items() for name in command_names(child, f"{path} {key}")]


def test_every_command_is_on_the_page_and_no_other() -> None:
    known = command_names(typer.main.get_command(build()), "shudi")
    told = re.findall(
        r"^\| `(shudi [a-z -]+?)(?: [A-Z\[<-].*?)?` \|", text_of("docs/running.md"), re.MULTILINE
    )
    assert sorted(told) == sorted(known)


def test_every_make_target_has_its_line_of_help() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE)) - {"python"}
    answer = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {line.split()[1] for line in answer.stdout.splitlines()} == targets


# --- refusals ---


def responses() -> set[str]:
    if not (ROOT / "domain").is_dir():
        pytest.skip("there is no domain yet")
    found: set[str] = set()
    for path in (ROOT / "domain").glob("*.yml"):
        found |= set((yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("responses") or {})
    return found


@pytest.mark.parametrize("code", list(Code))
def test_every_refusal_has_its_words(code: Code) -> None:
    assert f"utter_refused_{code}" in responses()


def test_no_words_for_a_refusal_that_does_not_exist() -> None:
    known = {f"utter_refused_{code}" for code in Code}
    assert {name for name in responses() if name.startswith("utter_refused_")} <= known


# --- the talk ---


def test_every_intent_stands_on_the_page_of_the_talk() -> None:
    loaded = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / "domain").glob("*.yml"))
    intents = {str(name) for domain in loaded for name in domain.get("intents") or ()}
    assert intents
    page = text_of("docs/talk.md")
    assert {name for name in intents if f"`{name}`" not in page} == set()


def test_the_page_of_the_talk_names_files_that_exist() -> None:
    cells = re.findall(r"^\|.*\| (.*) \| (.*) \|$", text_of("docs/talk.md"), re.MULTILINE)
    named = [
        (folder, name)
        for row in cells
        for folder, cell in zip(("domain", "actions"), row, strict=True)
        for name in re.findall(r"`([\w/.]+\.(?:yml|py))`", cell)
    ]
    assert named
    missing = {
        name for folder, name in named if not (ROOT / name if "/" in name else ROOT / folder / name).exists()
    }
    assert missing == set()


# --- metrics ---


def test_every_metric_is_documented() -> None:
    source = ROOT / "bot" / "metrics.py"
    if not source.exists():
        pytest.skip("there are no metrics yet")
    names = set(re.findall(r'"(shudi_\w+)"', source.read_text(encoding="utf-8")))
    assert names
    page = text_of("docs/metrics.md")
    assert {name for name in names if f"`{name}" not in page} == set()


# --- links and places ---


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


MACHINE = re.compile(r"(?<![\w.~$}-])/(?:work|root|tmp|home/\w+|Users/\w+|opt/\w+)/[\w.-]+")
ADDRESS = re.compile(r"(?:https?|wss?)://(?:[^\s/@]+@)?([\w.${}-]+)")
KNOWN_HOSTS = {
    *("127.0.0.1", "localhost", "HOST", "x", "www.apache.org", "www.w3.org", "t.me"),
    *("api.weixin.qq.com", "open.weixin.qq.com", "mp.weixin.qq.com", "developers.weixin.qq.com"),
    *("api.telegram.org", "core.telegram.org"),
}
"""Whom the program may talk to or point at; other names must be invented (.test, .example) or filled in."""
INVENTED = (".test", ".example", ".invalid")
WHERE_FROM = re.compile(
    r"^\s*(?:-i|--index-url|--extra-index-url|--find-links)\b|\bindex[-_]url\s*=", re.IGNORECASE
)
"""Where packages come from is the machine's business (pip's and uv's own settings), not the project's."""


def is_foreign(host: str) -> bool:
    """Neither known nor invented nor a placeholder."""
    host = host.rstrip(".")
    return (
        bool(host) and host not in KNOWN_HOSTS and not host.endswith(INVENTED) and not set(host) & set("{}$")
    )


def committed() -> list[Path]:
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in answer.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_nothing_committed_names_a_machine_or_a_package_host() -> None:
    found = []
    for path in committed():
        if path.suffix in {".png", ".ico", ".woff2", ".gz", ".npz"} or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            names = MACHINE.search(line) or WHERE_FROM.search(line)
            if names or any(map(is_foreign, ADDRESS.findall(line))):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


def test_decisions_are_numbered_once() -> None:
    numbers = [page.name[:4] for page in (ROOT / "docs" / "adr").glob("[0-9]*.md")]
    assert sorted(numbers) == sorted(set(numbers))
