"""Tokens of the normalised message: one a Chinese character or a Latin word.

No dictionary, so nothing to load and nothing to guess.
"""

import re
from typing import Any, Dict, List, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu_components.normalise import for_features

_TOKEN = re.compile(r"[a-z0-9]+|[^\s]")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class ReaderTokenizer(Tokenizer):
    """Splits what `normalise.for_features` gives.

    Token positions are those of the normalised words, so no extractor after it may rely on them: the
    catalogue is the
    entity extractor. A message without any word (only punctuation, say) becomes one token □, which keeps
    featurizers whole.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Rasa's own tokenizer settings."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        """The tokens of one attribute of the message; never an empty list."""
        words = for_features(message.get(attribute)) or "□"
        return [Token(found.group(), found.start()) for found in _TOKEN.finditer(words)]
