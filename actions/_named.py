"""Titles that a sentence names among other words: “借三体，送到湖东邻里中心”."""

import re

from actions._books import may_see_adult
from actions._talk import Talk
from lending.catalogue.model import Match, Title

CLAUSE = re.compile(r"[，,。；;！!？?\n]+")
WANTED = re.compile(r"^(?:那|就|我|帮我|给我|请|再|先|想|要|来|借|加|订|预约|看)*(?:借|要|来|加|订|预约|看)")
"""How a clause begins that asks for a book."""

CLEAR = {Match.EXACT_TITLE, Match.ISBN, Match.AUTHOR_TITLE}
SHORTEST = 2
SEVERAL = 20


def titles_named(talk: Talk, text: str) -> list[Title]:
    """One edition of each title of ours that stands in the text, longest names first taken."""
    found = talk.library.catalogue.search(text, page_size=SEVERAL, include_adult=may_see_adult(talk))
    if found.match in CLEAR and found.hits:
        return [found.hits[0].title]
    left, taken = talk.library.fold(text), []
    for title in sorted((hit.title for hit in found.hits), key=lambda title: -len(title.title)):
        name = talk.library.fold(title.title)
        if len(name) >= SHORTEST and name in left:
            left = left.replace(name, " ")
            taken.append(title)
    return taken


def titles_wanted(talk: Talk) -> list[Title]:
    """Titles asked for in the clauses of a message that also says something else."""
    clauses = [clause for clause in CLAUSE.split(talk.text) if WANTED.search(clause) or "《" in clause]
    return [title for clause in clauses for title in titles_named(talk, clause)]
