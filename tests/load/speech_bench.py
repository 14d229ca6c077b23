"""How well the library hears: character errors, titles, intents, and whether the task is done as if typed.

    .venv/bin/python -m tests.load.make_speech DIRECTORY
    .venv/bin/python -m tests.load.speech_bench DIRECTORY [--url http://127.0.0.1:8000] [--rasa …]

Four ways: with and without the prompt of likely words, with and without correction by sound. With --url,
every sentence heard is sent to a running demo library after the messages of its context, in a session of its
own, and its answer compared with the answer to the sentence as it was written: the same kinds, books, orders
and buttons mean that the task was done. Recognition is kept beside the recordings (heard.json), so that a
second run only corrects and asks again.
"""

import argparse
import json
import re
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from rapidfuzz.distance import Levenshtein

from app.settings import load_settings
from app.speech import corrector as corrector_of
from app.speech import maker
from app.wiring import build_library
from bot.voice.correction import Corrector
from bot.voice.hearing import Context, correct, prompt_of, readings_of
from bot.voice.lexicon import letters, plain, vocabulary
from integrations.search.tantivy_index.phonetics import syllables
from lending.ports import Heard
from tests.load.make_speech import SENTENCES

Row = Mapping[str, Any]
_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")
_CARD = {"card": "D0001", "pin": "1234"}
WAYS = {(False, False): "raw", (True, False): "prompt", (False, True): "correction", (True, True): "both"}


class Library:
    """A running demo library, asked in fresh sessions; the same question is asked once."""

    def __init__(self, url: str, rasa: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=60)
        self._rasa = httpx.Client(base_url=rasa, timeout=60)
        self._answers: dict[tuple[tuple[str, ...], str], Any] = {}
        self._intents: dict[str, str] = {}

    def answer(self, after: Sequence[str], text: str) -> Any:
        """What comes of a sentence: kinds, books, orders, buttons; not the words."""
        key = (tuple(after), text)
        if key not in self._answers:
            self._answers[key] = [_gist(reply) for reply in self.replies(after, text)]
        return self._answers[key]

    def replies(self, after: Sequence[str], text: str) -> list[dict[str, Any]]:
        session = self._http.post("/api/chat/sessions").json()["session"]
        headers = {"Authorization": f"Bearer {session}"}
        self._http.post("/api/chat/bind", json=_CARD, headers=headers).raise_for_status()
        replies: list[dict[str, Any]] = []
        for said in (*after, text):
            body = {"id": uuid.uuid4().hex, "type": "text", "text": said}
            sent = self._http.post("/api/chat/messages", json=body, headers=headers)
            replies = sent.raise_for_status().json()["replies"]
        return replies

    def intent(self, text: str) -> str:
        if text not in self._intents:
            found = self._rasa.post("/model/parse", json={"text": text}).json()
            self._intents[text] = str(found["intent"]["name"])
        return self._intents[text]


def _gist(reply: Mapping[str, Any]) -> Any:
    """A reply without its wording, numbers of orders and nonces."""
    data = reply.get("data") or {}
    books = sorted({book["title"] for book in data.get("books", ())})[:3]
    points = [point["id"] for point in data.get("points", ())][:1]
    buttons = [re.sub(r"\{.*", "", choice["payload"]) for choice in reply.get("choices") or ()]
    words = "" if books or points or buttons else re.sub(r"[\d:：]+|\s", "", reply["text"])[:20]
    return [reply["kind"], books, points, sorted(set(buttons)), words]


def contexts(library: Library | None) -> list[tuple[tuple[str, ...], Context]]:
    """For each group of sentences: what was written before, and the context that it leaves."""
    found = []
    for group in yaml.safe_load(SENTENCES.read_text("utf-8")):
        after = tuple(group["after"])
        replies = library.replies(after[:-1], after[-1]) if library and after else []
        choices: list[dict[str, str]] = []
        for reply in replies:
            books = (reply.get("data") or {}).get("books", ())
            choices += [{"title": book["title"], "payload": "", "words": book["author"]} for book in books]
            offered = reply.get("choices") or ()
            choices += [{**choice, "words": ""} for choice in offered if choice["title"] not in str(books)]
        found.append((after, Context(choices)))
    return found


def recognise(folder: Path, rows: Sequence[Row], asked: Sequence[tuple[tuple[str, ...], Context]]) -> Any:
    """Every recording with and without prompt, kept in heard.json."""
    kept = folder / "heard.json"
    heard: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    ears, words = maker(load_settings())(), vocabulary(syllables)
    for row in rows:
        for prompting in (False, True):
            key = f"{row['file']}{'+' if prompting else ''}"
            if key not in heard:
                prompt = prompt_of(words, asked[row["group"]][1]) if prompting else ""
                heard[key] = asdict(ears.listen((folder / row["file"]).read_bytes(), prompt))
        kept.write_text(json.dumps(heard, ensure_ascii=False), "utf-8")
    return heard


def understood(heard: Heard, context: Context, prompting: bool, corrector: Corrector | None) -> str:
    """The text that the dialogue gets; empty when nothing was heard."""
    words = vocabulary(syllables)
    prompt = prompt_of(words, context) if prompting else ""
    readings = readings_of(heard, prompt, words)
    if not readings:
        return ""
    return correct(corrector, readings, context).text if corrector else plain(readings[0])


@cache
def _spoken(text: str) -> str:
    return letters(text).translate(_DIGITS)


def measure(rows: Sequence[Row], folder: Path, library: Library | None, corrector: Corrector) -> None:
    """Print the table, and write what went wrong to wrong.txt."""
    asked = contexts(library)
    heard = recognise(folder, rows, asked)
    tallies: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    wrong = []
    for row in rows:
        after, context = asked[row["group"]]
        for (prompting, correcting), way in WAYS.items():
            one = heard[f"{row['file']}{'+' if prompting else ''}"]
            listened = Heard(one["text"], tuple(one["alternatives"]), one["confidence"], one["language"])
            text = understood(listened, context, prompting, corrector if correcting else None)
            tally = tallies[(row["manner"], way)]
            tally["errors"].append(Levenshtein.distance(_spoken(text), _spoken(row["say"])))
            tally["characters"].append(len(_spoken(row["say"])))
            if row["title"]:
                tally["title"].append(letters(row["title"]) in letters(text))
            if library is not None:
                meant = library.intent(row["say"])
                tally["intent"].append(bool(text) and library.intent(text) == meant)
                done = bool(text) and library.answer(after, text) == library.answer(after, row["say"])
                tally["done"].append(done)
                if way == "both" and not done:
                    wrong.append(f"{row['manner']}\t{row['say']}\t{one['text']}\t{text}")
    (folder / "wrong.txt").write_text("\n".join(wrong), "utf-8")
    _print(tallies)


def _print(tallies: Mapping[tuple[str, str], Mapping[str, list[float]]]) -> None:
    print("| spoken | way | character errors | intent right | title right | task done |")
    print("|---|---|---|---|---|---|")
    for (manner, way), tally in tallies.items():
        errors = 100 * sum(tally["errors"]) / sum(tally["characters"])
        shares = [_share(tally.get(name, [])) for name in ("intent", "title", "done")]
        print(f"| {manner} | {way} | {errors:.1f} % | {' | '.join(shares)} |")


def _share(values: Sequence[float]) -> str:
    return f"{100 * sum(values) / len(values):.0f} %" if values else ""


def main() -> None:
    """See the module's text."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--url", default="")
    options.add_argument("--rasa", default="http://127.0.0.1:5005")
    options.add_argument("--manner", default="", help="only manners that begin so")
    given = options.parse_args()
    rows = json.loads((given.folder / "spoken.json").read_text("utf-8"))
    rows = [row for row in rows if row["manner"].startswith(given.manner)]
    library = Library(given.url, given.rasa) if given.url else None
    measure(rows, given.folder, library, corrector_of(build_library(load_settings())))


if __name__ == "__main__":
    main()
