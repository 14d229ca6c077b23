"""Imports every module that declares tables, so that the metadata is whole."""

import importlib
import pkgutil
from types import ModuleType

from sqlalchemy import MetaData

PACKAGES = ("lending.storage", "bot.store")


def all_tables() -> MetaData:
    """The metadata with every table of the project."""
    for name in PACKAGES:
        package: ModuleType = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    from lending.storage.base import metadata

    return metadata
