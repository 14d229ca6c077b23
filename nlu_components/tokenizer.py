"""Words for the features: jieba over the normalised message."""
from typing import List, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.jieba_tokenizer import JiebaTokenizer
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.message import Message

from nlu_components.normalise import for_features


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class ReaderTokenizer(JiebaTokenizer):
    """JiebaTokenizer that sees the message as `normalise.for_features` gives it.

    Token positions are those of the normalised words, so no extractor after it may rely on them: the catalogue is the
    entity extractor. An empty message (only punctuation, say) becomes one empty-looking token, which keeps featurizers whole.
    """

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        """The tokens of one attribute of the message; never an empty list."""
        import jieba

        words = for_features(message.get(attribute)) or "□"
        return [Token(word, start) for word, start, _ in jieba.tokenize(words) if word.strip()]
