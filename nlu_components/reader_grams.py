"""Sparse features: weighted runs of characters, and of the syllables they sound like."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Optional, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

from nlu_components.normalise import for_features, sounds

_FILE = "grams.json"
_START, _END = "^", "$"


def runs(pieces: List[str], longest: int) -> List[str]:
    """Every run of 1 to `longest` neighbouring pieces, the ends of the message marked."""
    marked = [_START, *pieces, _END]
    return [
        " ".join(marked[i : i + size])
        for size in range(1, longest + 1)
        for i in range(len(marked) - size + 1)
    ]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class ReaderGrams(SparseFeaturizer, GraphComponent):
    """TF-IDF of character runs and of syllable runs, each block of length `scale`; one row a message.

    Rasa's CountVectorsFeaturizer counts without weights, and knows nothing of sound: a speech recogniser
    writes 取书吗 for
    取书码, and only the syllables still agree.
    """

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """A tokenizer comes first, as for every featurizer of Rasa."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`least` is how many examples must hold a run before it counts."""
        return {
            **SparseFeaturizer.get_default_config(),
            "characters": 4,
            "syllables": 3,
            "least": 3,
            "scale": 7.0,
        }

    def __init__(
        self,
        config: Dict[Text, Any],
        name: Text,
        model_storage: ModelStorage,
        resource: Resource,
        weights: Optional[List[Dict[Text, float]]] = None,
    ) -> None:
        super().__init__(name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._take(weights or [{}, {}])

    def _take(self, weights: List[Dict[Text, float]]) -> None:
        self._weights = weights
        self._columns = [{run: i for i, run in enumerate(block)} for block in weights]
        self._offsets = [0, len(weights[0])]
        self._width = sum(map(len, weights))

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "ReaderGrams":
        """An untrained featurizer."""
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "ReaderGrams":
        """The featurizer with the runs and weights of the trained model."""
        with model_storage.read_from(resource) as folder:
            weights = json.loads((Path(folder) / _FILE).read_text(encoding="utf-8"))
        return cls(config, execution_context.node_name, model_storage, resource, weights)

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Nothing to check beyond the defaults."""

    def train(self, training_data: TrainingData) -> Resource:
        """Learn which runs occur and how telling each is."""
        texts = [m.get(TEXT) for m in training_data.training_examples if m.get(TEXT)]
        rows = [self._blocks(text) for text in texts]
        self._take([self._idf([row[block] for row in rows]) for block in (0, 1)])
        with self._model_storage.write_to(self._resource) as folder:
            (Path(folder) / _FILE).write_text(json.dumps(self._weights, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the row to every training example."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the row to each message."""
        for message in messages:
            if message.get(TEXT):
                self.add_features_to_message(None, self._row(message.get(TEXT)), TEXT, message)
        return messages

    def _blocks(self, text: Text) -> List[List[str]]:
        words = for_features(text) or "□"
        characters = [character for character in words if not character.isspace()]
        return [runs(characters, self._config["characters"]), runs(sounds(words), self._config["syllables"])]

    def _idf(self, rows: List[List[str]]) -> Dict[Text, float]:
        seen = Counter(run for row in rows for run in set(row))
        kept = sorted(run for run, count in seen.items() if count >= self._config["least"])
        return {run: math.log((1 + len(rows)) / (1 + seen[run])) + 1 for run in kept}

    def _row(self, text: Text) -> csr_matrix:
        columns: List[int] = []
        values: List[float] = []
        for block, found in enumerate(self._blocks(text)):
            counts = Counter(run for run in found if run in self._weights[block])
            weighted = [(1 + math.log(n)) * self._weights[block][run] for run, n in counts.items()]
            length = math.sqrt(sum(weight * weight for weight in weighted)) or 1.0
            columns += [self._offsets[block] + self._columns[block][run] for run in counts]
            values += [self._config["scale"] * weight / length for weight in weighted]
        shape = (1, max(self._width, 1))
        return csr_matrix((np.array(values, dtype=np.float32), ([0] * len(columns), columns)), shape=shape)
