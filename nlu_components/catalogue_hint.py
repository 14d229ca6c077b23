"""The catalogue is the entity extractor: what it found decides over what the classifier guessed."""

import json
import re
from pathlib import Path
from typing import Any, Dict, List, Optional, Set, Text, Tuple

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu_components.normalise import bare

_KINDS = ("title", "author", "isbn")
_IN_TITLE_MARKS = re.compile(r"《([^《》]{1,60})》")
_ORDINAL = re.compile(r"第?[\d一二三四五六七八九十两]{1,3}[个本号]?")
_PHRASES = "command_phrases.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class CatalogueHint(GraphComponent, EntityExtractorMixin):
    """Reads the message metadata ``{"spotted": {"kind", "value", "whole", "confidence"}}`` that the
    gateway adds.

    * A title, author or ISBN becomes an entity of that name. Without metadata, 《…》 alone still gives a
      title.
    * When the *whole* message is one, the intent is `search_books` with confidence 1: a bare 人工智能 is
      a book.
    * Unless the message is a command that happens to be a title too (你好, 还书, 2): the predicted intent
      is in
      `protected_intents`, its confidence reaches `protected_confidence`, and the words are an ordinal or
      stand literally
      among that intent's training examples. So 续借 renews, and 续借人生 is a book.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """See the class; `spotted_confidence` is the least surety of the catalogue that counts."""
        return {"protected_intents": [], "protected_confidence": 0.5, "spotted_confidence": 0.6}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        phrases: Optional[Dict[Text, List[Text]]] = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._phrases: Dict[Text, Set[Text]] = {intent: set(said) for intent, said in (phrases or {}).items()}

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "CatalogueHint":
        """A component that knows no command phrases yet."""
        return cls({**cls.get_default_config(), **config}, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "CatalogueHint":
        """The component with the command phrases of the trained model."""
        with model_storage.read_from(resource) as folder:
            phrases = json.loads((Path(folder) / _PHRASES).read_text(encoding="utf-8"))
        return cls({**cls.get_default_config(), **config}, model_storage, resource, phrases)

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the examples of the protected intents: these words are commands even when a book is called
        so."""
        for example in training_data.intent_examples:
            if example.get(INTENT) in self._config["protected_intents"]:
                self._phrases.setdefault(example.get(INTENT), set()).add(bare(example.get(TEXT)))
        with self._model_storage.write_to(self._resource) as folder:
            phrases = {intent: sorted(said) for intent, said in self._phrases.items()}
            (Path(folder) / _PHRASES).write_text(json.dumps(phrases, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training examples carry no metadata: nothing to add."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Add entities and overrule the intent where the catalogue knows better."""
        for message in messages:
            text = message.get(TEXT) or ""
            spotted = self._spotted(message, text)
            if spotted and not text.startswith("/"):
                self._add_entity(message, text, *spotted[:2])
                if spotted[2] and not self._is_command(message, text, spotted[1]):
                    self._make_search(message)
        return messages

    def _spotted(self, message: Message, text: Text) -> Optional[Tuple[Text, Text, bool]]:
        hint = (message.get("metadata") or {}).get("spotted") or {}
        sure = float(hint.get("confidence") or 0) >= self._config["spotted_confidence"]
        if hint.get("kind") in _KINDS and hint.get("value") and sure:
            return hint["kind"], str(hint["value"]), bool(hint.get("whole"))
        marked = _IN_TITLE_MARKS.search(text)
        return ("title", marked.group(1), marked.group() == text.strip()) if marked else None

    def _is_command(self, message: Message, text: Text, value: Text) -> bool:
        intent = message.get(INTENT) or {}
        if intent.get("name") not in self._config["protected_intents"]:
            return False
        if (intent.get("confidence") or 0) < self._config["protected_confidence"] or _IN_TITLE_MARKS.search(
            text
        ):
            return False
        known = self._phrases.get(intent["name"], set())
        return bool(_ORDINAL.fullmatch(bare(text))) or bare(text) in known or bare(value) in known

    def _add_entity(self, message: Message, text: Text, kind: Text, value: Text) -> None:
        start = max(text.find(value), 0)
        end = start + len(value) if value in text else len(text)
        entity = {"entity": kind, "start": start, "end": end, "value": value, "confidence_entity": 1.0}
        found = [*(message.get(ENTITIES) or []), *self.add_extractor_name([entity])]
        message.set(ENTITIES, found, add_to_output=True)

    def _make_search(self, message: Message) -> None:
        intent = {"name": "search_books", "confidence": 1.0}
        others = [guess for guess in message.get(INTENT_RANKING_KEY) or [] if guess["name"] != "search_books"]
        ranking = [dict(intent), *({**guess, "confidence": 0.0} for guess in others)]
        message.set(INTENT, intent, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
