"""Survey responses: one a reader and year, saved question by question (standard 8.1.2)."""

from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    func,
    select,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.insert import insert_once

survey_responses = Table(
    "survey_responses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader_id", Integer, nullable=False),
    Column("year", Integer, nullable=False),
    Column("profile_id", String(40), nullable=False),
    Column("profile_version", String(20), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("touched_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    UniqueConstraint("reader_id", "year", name="uq_survey_responses_reader_id_year"),
)

survey_answers = Table(
    "survey_answers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("response_id", Integer, ForeignKey("survey_responses.id"), nullable=False),
    Column("question_id", String(40), nullable=False),
    Column("grade", String(20), nullable=False),
    UniqueConstraint("response_id", "question_id", name="uq_survey_answers_response_id_question_id"),
)


def open_response(
    connection: Connection, reader_id: int, year: int, profile_id: str, version: str, now: datetime
) -> RowMapping:
    """The reader's response of the year, begun now if there is none."""
    values = {"reader_id": reader_id, "year": year, "profile_id": profile_id, "profile_version": version}
    insert_once(connection, survey_responses, values | {"started_at": now, "touched_at": now})
    found = response_of(connection, reader_id, year)
    if found is None:
        raise LookupError(f"the survey response of {year} vanished")
    return found


def response_of(connection: Connection, reader_id: int, year: int) -> RowMapping | None:
    query = select(survey_responses).where(
        survey_responses.c.reader_id == reader_id, survey_responses.c.year == year
    )
    return connection.execute(query).mappings().first()


def touch(connection: Connection, response_id: int, now: datetime) -> bool:
    """Hold the response for this transaction; False when it is finished and may not change any more."""
    mine = survey_responses.c.id == response_id, survey_responses.c.done_at.is_(None)
    return connection.execute(update(survey_responses).where(*mine).values(touched_at=now)).rowcount == 1


def finish(connection: Connection, response_id: int, now: datetime) -> None:
    connection.execute(
        update(survey_responses).where(survey_responses.c.id == response_id).values(done_at=now)
    )


def save_answer(connection: Connection, response_id: int, question_id: str, grade: str) -> None:
    """Write or replace the answer to one question."""
    values = {"response_id": response_id, "question_id": question_id, "grade": grade}
    if insert_once(connection, survey_answers, values) is None:
        mine = survey_answers.c.response_id == response_id, survey_answers.c.question_id == question_id
        connection.execute(update(survey_answers).where(*mine).values(grade=grade))


def answers_of(connection: Connection, response_id: int) -> dict[str, str]:
    """Grade by question."""
    query = select(survey_answers).where(survey_answers.c.response_id == response_id)
    return {row["question_id"]: row["grade"] for row in connection.execute(query).mappings()}


def finished_count(connection: Connection, year: int, profile_id: str) -> int:
    """Readers who answered everything."""
    done = _finished(year, profile_id)
    return int(
        connection.execute(select(func.count()).select_from(survey_responses).where(*done)).scalar_one()
    )


def grade_counts(connection: Connection, year: int, profile_id: str) -> dict[tuple[str, str], int]:
    """How often each (question, grade) was given in finished responses."""
    counted = func.count().label("n")
    query = (
        select(survey_answers.c.question_id, survey_answers.c.grade, counted)
        .join(survey_responses, survey_responses.c.id == survey_answers.c.response_id)
        .where(*_finished(year, profile_id))
        .group_by(survey_answers.c.question_id, survey_answers.c.grade)
    )
    return {(question, grade): n for question, grade, n in connection.execute(query)}


def _finished(year: int, profile_id: str) -> tuple[ColumnElement[bool], ...]:
    columns = survey_responses.c
    return columns.year == year, columns.profile_id == profile_id, columns.done_at.is_not(None)
