"""Stands in for torchvision, which has no build beside some torches; on the path of ``make test-timm`` alone, after the real one.

timm imports it at the top of its modules and its models do not use it. The few transforms of pictures that timm
composes for evaluation are here as torchvision defines them; every other name is a class that does nothing.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import functional

__version__ = "0.0"


class _Hollow(ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(functional, name, None) or type(name, (), {"__init__": lambda self, *args, **more: None})
        setattr(self, name, value)
        return value


class _Anything(MetaPathFinder, Loader):
    """Any module below torchvision."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.startswith("torchvision.") else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Hollow(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


sys.meta_path.append(_Anything())
