"""What needs no guess: a taught phrase, the same phrase as it sounds, a number and nothing else."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, List, Optional, Set, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu_components.normalise import TITLE, bare, fold, for_features, number_alone, sounds

_FILE = "phrases.json"
_OURS = re.compile(
    r"[想要来再]借[一二两几]?[本套册部份]|[想要]借|借[一二两几]?[本套册]|预约|续借|的书|这书|本书|书单|订单|取书|还书|读者证|借书"
    r"|\b(?:books?|borrow|novels?|do you (?:have|carry|stock))\b"
)
"""What is said of a library's own things. Seats and umbrellas are borrowed too: there the guess is sure."""
_KINDS = ("words", "sound")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SaidOutright(GraphComponent):
    """Comes after a classifier and settles four kinds of messages.

    * Words that were taught, as a whole and without a title in them, mean what they were taught to mean.
    * Words that *sound* like a phrase taught under one intent only mean that, if the classifier is not sure
      of another meaning (below `sure`), or thinks that they are no request at all: 徐杰 is 续借.
    * What names a library's things is `out_of_scope` only above `surely_outside`; else the next guess stands.
    * A number alone is a choice up to `choices`, and beyond that nothing that could be understood.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`no_request` are the intents that a sound overrules always; see the class."""
        return {
            "choice_intent": "select_item",
            "choices": 20,
            "confidence": 0.95,
            "sound_confidence": 0.8,
            "sure": 0.7,
            "outside": "out_of_scope",
            "surely_outside": 0.62,
            "shortest_sound": 2,
            "no_request": ["out_of_scope", "abuse", "search_books"],
            "never_by_sound": ["search_books", "out_of_scope", "abuse"],
        }

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        phrases: Optional[Dict[Text, Dict[Text, Text]]] = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._phrases = phrases or {kind: {} for kind in _KINDS}

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SaidOutright":
        """A component that knows no phrase yet."""
        return cls({**cls.get_default_config(), **config}, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SaidOutright":
        """The component with the phrases of the trained model."""
        with model_storage.read_from(resource) as folder:
            phrases = json.loads((Path(folder) / _FILE).read_text(encoding="utf-8"))
        return cls({**cls.get_default_config(), **config}, model_storage, resource, phrases)

    def train(self, training_data: TrainingData) -> Resource:
        """Keep every phrase that was taught under one intent only, by its words and by its sound."""
        meant: Dict[Text, Dict[Text, Set[Text]]] = {kind: defaultdict(set) for kind in _KINDS}
        for example in training_data.intent_examples:
            text, intent = example.get(TEXT), example.get(INTENT)
            if TITLE in for_features(text):
                continue
            meant["words"][bare(text)].add(intent)
            if intent not in self._config["never_by_sound"]:
                meant["sound"][_sound(text)].add(intent)
        self._phrases = {
            kind: {said: min(intents) for said, intents in sorted(meant[kind].items()) if len(intents) == 1}
            for kind in _KINDS
        }
        with self._model_storage.write_to(self._resource) as folder:
            (Path(folder) / _FILE).write_text(json.dumps(self._phrases, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing to add to examples."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Settle what needs no guess; leave the rest as it was guessed."""
        for message in messages:
            text = message.get(TEXT) or ""
            if text and not text.startswith("/") and message.get(INTENT):
                self._settle(message, text)
        return messages

    def _settle(self, message: Message, text: Text) -> None:
        if TITLE in for_features(text):
            return
        taught = self._phrases["words"].get(bare(text))
        number = number_alone(text)
        if taught:
            self._decide(message, taught, self._config["confidence"])
        elif number is not None:
            choice = 1 <= number <= self._config["choices"]
            self._decide(
                message, self._config["choice_intent"] if choice else None, self._config["confidence"]
            )
        elif not self._by_sound(message, text):
            self._inside_after_all(message, text)

    def _inside_after_all(self, message: Message, text: Text) -> None:
        guess = message.get(INTENT)
        guesses = message.get(INTENT_RANKING_KEY) or []
        doubted = (guess.get("confidence") or 0) < self._config["surely_outside"]
        if (
            guess.get("name") == self._config["outside"]
            and doubted
            and len(guesses) > 1
            and _OURS.search(fold(text))
        ):
            self._decide(message, guesses[1]["name"], guess["confidence"])

    def _by_sound(self, message: Message, text: Text) -> bool:
        sound = _sound(text)
        heard = self._phrases["sound"].get(sound)
        guess = message.get(INTENT)
        sure = (guess.get("confidence") or 0) >= self._config["sure"]
        unsettled = not sure or guess.get("name") in self._config["no_request"]
        found = bool(heard) and unsettled and sound.count(" ") + 1 >= self._config["shortest_sound"]
        if found:
            self._decide(message, heard, self._config["sound_confidence"])
        return found

    @staticmethod
    def _decide(message: Message, name: Optional[Text], confidence: float) -> None:
        """Make an intent the first of the ranking, or with None leave every guess without confidence."""
        guesses = message.get(INTENT_RANKING_KEY) or []
        if name is None:
            ranking = [{**guess, "confidence": 0.0} for guess in guesses]
        else:
            known = next((g["confidence"] for g in guesses if g["name"] == name), 0.0)
            first = {"name": name, "confidence": max(known, confidence)}
            share = (1 - first["confidence"]) / ((1 - known) or 1.0)
            others = [guess for guess in guesses if guess["name"] != name]
            ranking = [first, *({**guess, "confidence": guess["confidence"] * share} for guess in others)]
        if ranking:
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)


def _sound(text: Text) -> Text:
    return " ".join(sounds(for_features(text)))
