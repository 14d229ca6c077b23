"""Compare pipelines on accuracy, latency, training time, start-up and memory: the table of the ADR.

Run when nothing else runs: `.venv-rasa/bin/python tests/load/nlu_compare.py`. Each pipeline trains and
answers in a process of its own, so that memory and start-up are its own. Embeddings come from the cache: run
it after a training.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tools.nlu_report import (  # noqa: E402
    Heard,
    Said,
    figures,
    listen,
    train,
    training_examples,
    utterances,
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class OneACharacter(Tokenizer):
    """A token a character of the message as written: an entity extractor needs true positions."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's own tokenizer settings."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of one attribute of the message."""
        return [Token(each.group(), each.start()) for each in re.finditer(r"\S", message.get(attribute))]


TOKENIZER: dict[str, Any] = {"name": "nlu_components.tokenizer.ReaderTokenizer"}
GRAMS = {"name": "nlu_components.reader_grams.ReaderGrams"}
EMBEDDING = {"name": "nlu_components.sentence_embedding.SentenceEmbedding"}
COUNTS: list[dict[str, Any]] = [
    {"name": "CountVectorsFeaturizer", "token_pattern": r"(?u)\b\w+\b"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char", "min_ngram": 1, "max_ngram": 4},
]
LOGISTIC = {"name": "LogisticRegressionClassifier", "max_iter": 40}
DIET = {
    "name": "DIETClassifier",
    "epochs": 20,
    "entity_recognition": False,
    "constrain_similarities": True,
    "number_of_transformer_layers": 0,
    "random_seed": 1,
}
CHARACTERS = {"name": f"{OneACharacter.__module__}.OneACharacter"}
CRF = {"name": "CRFEntityExtractor", "features": [["low"], ["bias", "low", "digit"], ["low"]]}
PIPELINES: dict[str, list[dict[str, Any]]] = {
    "LogisticRegression, grams and embedding": [TOKENIZER, EMBEDDING, GRAMS, LOGISTIC],
    "LogisticRegression, grams": [TOKENIZER, GRAMS, LOGISTIC],
    "LogisticRegression, counts and embedding": [TOKENIZER, EMBEDDING, *COUNTS, LOGISTIC],
    "DIET, counts and embedding": [TOKENIZER, {**EMBEDDING, "sequence": True}, *COUNTS, DIET],
    "DIET, counts": [TOKENIZER, *COUNTS, DIET],
    "LogisticRegression and CRF, grams and embedding": [CHARACTERS, EMBEDDING, GRAMS, LOGISTIC, CRF],
}
TITLE = re.compile(r"《([^《》]{1,60})》")


def measure_training(name: str, folder: Path) -> dict[str, Any]:
    """Train one pipeline; seconds and MB of the process."""
    config = folder / "config.yml"
    config.write_text(
        json.dumps(
            {"recipe": "default.v1", "language": "zh", "assistant_id": "compare", "pipeline": PIPELINES[name]}
        )
    )
    began = time.perf_counter()
    model = train(with_titles_marked() if CRF in PIPELINES[name] else None, folder, config)
    return {
        "model": str(model),
        "training_s": round(time.perf_counter() - began, 1),
        "training_mb": _peak_mb(),
    }


def with_titles_marked() -> list[Said]:
    """The training data with every title marked as an entity: those in 《》, and the same ones without."""
    examples = training_examples(ROOT / "nlu_data" / "nlu")
    titles = {title for said in examples for title in TITLE.findall(said.text) if len(title) > 1}
    known = re.compile("|".join(sorted(map(re.escape, titles), key=len, reverse=True)))
    return [Said(known.sub(r"[\g<0>](title)", said.text), said.intent, said.voice) for said in examples]


def measure_answers(model: Path) -> dict[str, Any]:
    """Load a model and understand the held-out set, one message after the other."""
    said = utterances(ROOT / "tests" / "nlu" / "heldout.yml")
    start, _ = _timed(model, said[:1])
    load, _ = _timed(model, said[:1])
    whole, heard = _timed(model, said)
    message = (whole - load) / (len(said) - 1) * 1000
    return {
        **figures(heard),
        "start_s": round(start, 1),
        "message_ms": round(message, 1),
        "memory_mb": _peak_mb(),
    }


def _timed(model: Path, said: list[Said]) -> tuple[float, list[Heard]]:
    began = time.perf_counter()
    heard = listen(model, said, with_catalogue=False)
    return time.perf_counter() - began, heard


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _alone(*arguments: str) -> dict[str, Any]:
    threads = {**os.environ, "OMP_NUM_THREADS": "1"} if "--answer" in arguments else None
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        env=threads,
    )
    answer: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
    return answer


def main() -> None:
    """Without arguments, compare all pipelines; the arguments are for its own subprocesses."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--train", choices=list(PIPELINES))
    parser.add_argument("--answer", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", choices=list(PIPELINES), help="compare this pipeline alone")
    arguments = parser.parse_args()
    if arguments.train:
        print(json.dumps(measure_training(arguments.train, arguments.folder)))
        return
    if arguments.answer:
        print(json.dumps(measure_answers(arguments.answer)))
        return
    columns = ("accuracy, first guess", "ms a message", "training s", "training MB", "start s", "serving MB")
    print("| pipeline | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 1))
    for name in [arguments.only] if arguments.only else PIPELINES:
        with tempfile.TemporaryDirectory() as folder:
            trained = _alone("--train", name, "--folder", folder)
            told = _alone("--answer", trained["model"])
        times = (
            told["message_ms"],
            trained["training_s"],
            trained["training_mb"],
            told["start_s"],
            told["memory_mb"],
        )
        print(f"| {name} | {told['first_guess']:.1%} | " + " | ".join(map(str, times)) + " |", flush=True)


if __name__ == "__main__":
    main()
