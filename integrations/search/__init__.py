"""Adapters of the `CatalogueIndex` port."""
