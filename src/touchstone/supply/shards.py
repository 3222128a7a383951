"""Files that refer to one another: shard indexes and the weights beside an ONNX graph, held against what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from touchstone.supply.judging import refused_file
from touchstone.supply.outcome import Outcome, VettedFile
from touchstone.supply.rules import Refused


def settled(files: Sequence[VettedFile]) -> list[VettedFile]:
    """The files again: an index that disagrees with its shards refused, weights that a graph refers to accepted."""
    by_name = {file.name: file for file in files}
    for file in files:
        for name in file.details.get("outside", ()):
            other = by_name.get(_beside(file.name, name))
            if other is not None and other.rule == "file.unknown":
                by_name[other.name] = _as_weights(other, file.name)
        fault = _fault_of(file, by_name)
        if fault and file.outcome is not Outcome.REFUSE:
            by_name[file.name] = refused_file(file, Refused("index.shards", fault))
    return [by_name[file.name] for file in files]


def _as_weights(file: VettedFile, graph: str) -> VettedFile:
    note = f"its bytes are weights of {graph}, read with it"
    return replace(file, outcome=Outcome.ACCEPT, format="weights", rule="", reason="", remedy="", notes=(note,))


def _beside(name: str, other: str) -> str:
    return name[: len(name) - len(name.rsplit("/", 1)[-1])] + other


def _fault_of(file: VettedFile, by_name: Mapping[str, VettedFile]) -> str:
    shards: Mapping[str, str] | None = file.details.get("weight_map")
    if shards is None:
        return ""
    held: dict[str, set[str]] = {}
    for tensor, shard in shards.items():
        if shard not in held:
            other = by_name.get(_beside(file.name, shard))
            if other is None:
                return f"it looks for {shard}, which is missing"
            if other.outcome in (Outcome.REFUSE, Outcome.HOLD):
                return f"its shard {shard} was not accepted"
            held[shard] = set(_tensors(other.details))
        if tensor not in held[shard]:
            return f"it looks for tensor {ascii(tensor)[:80]} in {shard}, which does not have it"
    return ""


def _tensors(details: Mapping[str, Any]) -> Sequence[str]:
    return (*details.get("tensors", ()), *details.get("aliases", ()))
