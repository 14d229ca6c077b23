"""`shudi survey`: what readers answered."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lending.surveys.results import SurveyResults

group = typer.Typer(help="The yearly satisfaction survey (standard 8.1.2).", no_args_is_help=True)


def register(cli: typer.Typer) -> None:
    cli.add_typer(group, name="survey")


@group.callback()
def survey() -> None:
    """The yearly satisfaction survey (standard 8.1.2)."""


@group.command()
def results(
    year: Annotated[int | None, typer.Option(help="Which year; this one if not given.")] = None,
) -> None:
    """Both formulas, per question and for the whole, and whether the target is reached."""
    from app import migrations
    from app.settings import load_settings
    from app.wiring import open_library

    settings = load_settings()
    migrations.upgrade(settings.database)
    with open_library(settings) as library:
        for line in told(library.surveys.results(year)):
            typer.echo(line)


def told(figures: "SurveyResults") -> list[str]:
    """The results as lines of text."""
    lines = [
        f"Survey {figures.profile_id} {figures.version} ({figures.status}), year {figures.year}",
        f"Finished answers: {figures.n}" + ("" if figures.enough else " (too few to publish)"),
        "",
        f"{'n':>5}  {'satisfied':>9}  {'score':>7}",
    ]
    rows = [
        f"{one.n:>5}  {_percent(one.satisfied_share):>9}  {_percent(one.score_ratio):>7}  {one.text}"
        for one in figures.questions
    ]
    return [
        *lines,
        *rows,
        "",
        _verdict("Share of satisfied answers", figures.satisfied_share, figures.target, figures.passed_share),
        _verdict("Score ratio", figures.score_ratio, figures.target, figures.passed_ratio),
    ]


def _verdict(name: str, figure: float | None, target: float, passed: bool | None) -> str:
    verdict = {True: "pass", False: "FAIL", None: "no answers yet"}[passed]
    return f"{name}: {_percent(figure)}, target {_percent(target)}: {verdict}"


def _percent(figure: float | None) -> str:
    return "-" if figure is None else f"{figure * 100:.1f} %"
