"""`CatalogueIndex` on tantivy, with pinyin by pypinyin and reranking by rapidfuzz."""

from integrations.search.tantivy_index.index import TantivyIndex

__all__ = ["TantivyIndex"]
