"""Compare pipelines on accuracy, latency, training time, start-up and memory: the table of the ADR.

Run when nothing else runs: `.venv-rasa/bin/python tests/load/nlu_compare.py`. Each pipeline trains and
answers in a process of its own, so that memory and start-up are its own. Embeddings come from the cache: run
it after a training.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tools.nlu_report import Heard, Said, figures, listen, train, utterances  # noqa: E402

TOKENIZER: dict[str, Any] = {"name": "nlu_components.tokenizer.ReaderTokenizer"}
GRAMS = {"name": "nlu_components.reader_grams.ReaderGrams"}
EMBEDDING = {"name": "nlu_components.sentence_embedding.SentenceEmbedding"}
COUNTS: list[dict[str, Any]] = [
    {"name": "CountVectorsFeaturizer", "token_pattern": r"(?u)\b\w+\b"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char", "min_ngram": 1, "max_ngram": 4},
]
LOGISTIC = {"name": "LogisticRegressionClassifier", "max_iter": 60}
DIET = {
    "name": "DIETClassifier",
    "epochs": 20,
    "entity_recognition": False,
    "constrain_similarities": True,
    "number_of_transformer_layers": 0,
    "random_seed": 1,
}
PIPELINES: dict[str, list[dict[str, Any]]] = {
    "LogisticRegression, grams and embedding": [TOKENIZER, EMBEDDING, GRAMS, LOGISTIC],
    "LogisticRegression, grams": [TOKENIZER, GRAMS, LOGISTIC],
    "LogisticRegression, counts and embedding": [TOKENIZER, EMBEDDING, *COUNTS, LOGISTIC],
    "DIET, counts and embedding": [TOKENIZER, {**EMBEDDING, "sequence": True}, *COUNTS, DIET],
    "DIET, counts": [TOKENIZER, *COUNTS, DIET],
}


def measure_training(name: str, folder: Path) -> dict[str, Any]:
    """Train one pipeline; seconds and MB of the process."""
    config = folder / "config.yml"
    config.write_text(
        json.dumps(
            {"recipe": "default.v1", "language": "zh", "assistant_id": "compare", "pipeline": PIPELINES[name]}
        )
    )
    began = time.perf_counter()
    model = train(None, folder, config)
    return {
        "model": str(model),
        "training_s": round(time.perf_counter() - began, 1),
        "training_mb": _peak_mb(),
    }


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
    arguments = parser.parse_args()
    if arguments.train:
        print(json.dumps(measure_training(arguments.train, arguments.folder)))
        return
    if arguments.answer:
        print(json.dumps(measure_answers(arguments.answer)))
        return
    columns = ("accuracy, first guess", "ms a message", "training s", "training MB", "start s", "serving MB")
    print("| pipeline | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 1))
    for name in PIPELINES:
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
