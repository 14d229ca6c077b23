"""How well strangers are understood: accuracy, refusals and confusions, by voice.

Runs in the Rasa environment: `.venv-rasa/bin/python tools/nlu_report.py` (`make nlu-report`). Without
`--model` it trains
one on the spot. `--folds 0` leaves the cross-validation out; `--json` prints the figures for a program to
read.
"""

import argparse
import asyncio
import json
import logging
import os
import random
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
REFUSED = {"out_of_scope", "nlu_fallback"}


@dataclass(frozen=True)
class Said:
    """One labelled utterance; `spotted` is the kind the gateway's catalogue would add, or None."""

    text: str
    intent: str
    voice: str
    spotted: Optional[str] = None


@dataclass(frozen=True)
class Heard:
    """What was understood of one utterance."""

    said: Said
    intent: str
    confidence: float
    first_guess: str


def utterances(file: Path) -> List[Said]:
    """The utterances of a heldout-shaped file: voice → intent → texts, or mappings of text and spotted."""
    from rasa.shared.utils.io import read_yaml_file

    found = []
    for voice, intents in read_yaml_file(str(file)).items():
        for intent, texts in intents.items():
            for each in texts:
                mapping = each if isinstance(each, dict) else {"text": each}
                found.append(Said(str(mapping["text"]), intent, voice, mapping.get("spotted")))
    return found


def training_examples(folder: Path) -> List[Said]:
    """All examples under nlu_data/nlu."""
    from rasa.shared.nlu.training_data.loading import load_data

    return [Said(m.get("text"), m.get("intent"), "training") for m in load_data(str(folder)).intent_examples]


def listen(model: Path, said: List[Said], with_catalogue: bool) -> List[Heard]:
    """Let a trained model understand each utterance, with the catalogue's hint or without."""
    return asyncio.run(_listen(model, said, with_catalogue))


async def _listen(model: Path, said: List[Said], with_catalogue: bool) -> List[Heard]:
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)
    processor = Agent.load(str(model)).processor
    heard = []
    for each in said:
        hint = {"kind": each.spotted, "value": each.text, "whole": True, "confidence": 1.0}
        metadata = {"spotted": hint} if with_catalogue and each.spotted else {}
        parsed = await processor.parse_message(UserMessage(each.text, metadata=metadata))
        guesses = [g["name"] for g in parsed.get("intent_ranking", []) if g["name"] != "nlu_fallback"]
        intent = parsed["intent"]
        heard.append(
            Heard(
                each, intent["name"], float(intent["confidence"]), guesses[0] if guesses else intent["name"]
            )
        )
    return heard


def figures(heard: List[Heard]) -> Dict[str, Any]:
    """Shares between 0 and 1. `refused` counts requests in scope that were answered as out of scope or
    not understood."""
    outside = [h for h in heard if h.said.intent == "out_of_scope"]
    inside = [h for h in heard if h.said.intent != "out_of_scope"]
    return {
        "utterances": len(heard),
        "accuracy": _share(heard, lambda h: h.intent == h.said.intent),
        "first_guess": _share(heard, lambda h: h.first_guess == h.said.intent),
        "out_of_scope_recall": _share(outside, lambda h: h.intent in REFUSED),
        "refused": _share(inside, lambda h: h.intent in REFUSED),
        "asked_again": _share(inside, lambda h: h.intent == "nlu_fallback"),
        "mistaken": _share(inside, lambda h: h.intent not in REFUSED and h.intent != h.said.intent),
    }


def _share(heard: List[Heard], true: Any) -> float:
    return round(sum(map(true, heard)) / len(heard), 4) if heard else 1.0


def train(examples: Optional[List[Said]], folder: Path, config: Path = ROOT / "config.yml") -> Path:
    """Train understanding alone, on `examples` or on all of nlu_data/nlu; returns the model file."""
    from rasa.model_training import train_nlu

    data = ROOT / "nlu_data" / "nlu"
    if examples is not None:
        data = folder / "nlu.yml"
        data.write_text(_as_yaml(examples), encoding="utf-8")
    domain = folder / "domain.yml"
    intents = sorted({e.intent for e in training_examples(ROOT / "nlu_data" / "nlu")})
    domain.write_text(json.dumps({"version": "3.1", "intents": intents}), encoding="utf-8")
    return Path(str(train_nlu(str(config), str(data), str(folder), domain=str(domain))))


def _as_yaml(examples: List[Said]) -> str:
    by_intent: Dict[str, List[str]] = defaultdict(list)
    for each in examples:
        by_intent[each.intent].append(each.text)
    blocks = (
        f"- intent: {i}\n  examples: |\n" + "".join(f"    - {t}\n" for t in ts) for i, ts in by_intent.items()
    )
    return 'version: "3.1"\nnlu:\n' + "".join(blocks)


def folds(examples: List[Said], number: int) -> Iterator[Tuple[List[Said], List[Said]]]:
    """Stratified (rest, fold) pairs, the same on every run."""
    by_intent: Dict[str, List[Said]] = defaultdict(list)
    for each in sorted(examples, key=lambda e: (e.intent, e.text)):
        by_intent[each.intent].append(each)
    for texts in by_intent.values():
        random.Random(1).shuffle(texts)
    for fold in range(number):
        test = [e for texts in by_intent.values() for i, e in enumerate(texts) if i % number == fold]
        yield [e for texts in by_intent.values() for i, e in enumerate(texts) if i % number != fold], test


def cross_validate(number: int) -> List[Heard]:
    """Each training example as understood by a model that did not see its fold."""
    heard: List[Heard] = []
    for rest, fold in folds(training_examples(ROOT / "nlu_data" / "nlu"), number):
        with tempfile.TemporaryDirectory() as folder:
            heard += listen(train(rest, Path(folder)), fold, with_catalogue=False)
    return heard


def show(title: str, heard: List[Heard]) -> None:
    """Print the figures, one line a voice."""
    columns = ("voice", "utterances", "accuracy", "out-of-scope recall", "good requests refused", "mistaken")
    print(f"\n## {title}\n\n| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    voices = sorted({h.said.voice for h in heard})
    for voice in [*(voices if len(voices) > 1 else []), "all"]:
        f = figures([h for h in heard if voice in ("all", h.said.voice)])
        shares = (f["accuracy"], f["out_of_scope_recall"], f["refused"], f["mistaken"])
        print(f"| {voice} | {f['utterances']} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")


def show_confusions(heard: List[Heard], every: bool) -> None:
    """Print what was taken for what, most frequent first, with an example."""
    wrong = [h for h in heard if h.intent != h.said.intent]
    counts = Counter((h.said.intent, h.intent) for h in wrong)
    print("\n## Confusions\n")
    for (meant, taken), count in counts.most_common():
        texts = [
            f"{h.said.text} ({h.first_guess} {h.confidence:.2f})"
            for h in wrong
            if (h.said.intent, h.intent) == (meant, taken)
        ]
        print(f"- {meant} → {taken} ×{count}: " + "; ".join(texts if every else texts[:3]))


def main() -> None:
    """Parse the command line and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, help="a trained model; without it one is trained now")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yml", help="the pipeline to train")
    parser.add_argument("--heldout", type=Path, default=ROOT / "tests" / "nlu" / "heldout.yml")
    parser.add_argument("--folds", type=int, default=5, help="folds of the cross-validation, 0 for none")
    parser.add_argument("--every", action="store_true", help="list every confused utterance")
    parser.add_argument("--json", action="store_true", help="print the held-out figures as JSON only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = arguments.model or train(None, Path(folder), arguments.config)
        said = utterances(arguments.heldout)
        with_hint = listen(model, said, with_catalogue=True)
        if arguments.json:
            print(json.dumps(figures(with_hint)))
            return
        show("Held-out, the gateway's catalogue helping", with_hint)
        bare = [e for e in said if e.spotted]
        show(
            "Held-out bare titles and authors without the catalogue",
            listen(model, bare, with_catalogue=False),
        )
        show_confusions(with_hint, arguments.every)
    if arguments.folds:
        show(f"Cross-validation, {arguments.folds} folds, no catalogue", cross_validate(arguments.folds))


if __name__ == "__main__":
    main()
