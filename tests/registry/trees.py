"""Small family trees of models, and products that rest on them."""

from __future__ import annotations

from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity, Link


def model(registry: Registry, name: str, *parents: str, relation: str = "finetune") -> str:
    """Register a model made from others."""
    id = f"model:{name}"
    links = tuple(Link(id, relation, f"model:{parent}") for parent in parents)
    with registry.writing() as writer:
        writer.append("register", id, Effects(Entity(id, "model", name, {"publisher": "acme"}), links))
    return id


def product(registry: Registry, name: str, *models: str, criticality: int = 1) -> str:
    """Register a product that uses models."""
    id = f"product:{name}"
    links = tuple(Link(id, "uses", f"model:{one}") for one in models)
    facts = {"owner": "ann", "criticality": criticality}
    with registry.writing() as writer:
        writer.append("register", id, Effects(Entity(id, "product", name, facts), links))
    return id


def diamond(registry: Registry) -> None:
    """One base, two children, a merge of both, and a product on the merge; another product on a child."""
    model(registry, "base")
    model(registry, "left", "base")
    model(registry, "right", "base")
    model(registry, "merged", "left", "right", relation="merge")
    product(registry, "shop", "merged", criticality=5)
    product(registry, "blog", "left")
