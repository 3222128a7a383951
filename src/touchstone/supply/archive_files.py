"""Archives: checkpoints that are archives, models of other libraries, and plain archives whose members are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from touchstone.supply.blob import Blob
from touchstone.supply.compressed import unpack
from touchstone.supply.judgement import MAXIMUM_DEPTH, Judge, Judgement, Surroundings
from touchstone.supply.keras_files import refuse_keras
from touchstone.supply.outcome import Kind, Outcome, VettedFile
from touchstone.supply.pickle_names import in_words, kind_of
from touchstone.supply.pickle_reader import run
from touchstone.supply.rules import RULES, Held, Refused
from touchstone.supply.tar_reader import read_tar
from touchstone.supply.torch_files import foreign_members, read_torch_tar, read_torch_zip
from touchstone.supply.weight_files import converted, judge_npz
from touchstone.supply.work import MEMBER
from touchstone.supply.zip_reader import Member, open_member, read_zip

_EXPORTED = ("archive_format", "models/model.json", "serialized_exported_program.json", "serialized_state_dict.pt")
_SUFFIXES = {"gzip": (".gz", ".gzip", ".tgz"), "bzip2": (".bz2", ".bz", ".tbz2"), "xz": (".xz", ".txz")}


def judge_zip(blob: Blob, name: str, around: Surroundings, judge: Judge) -> Judgement:
    """A zip archive, by what is in it."""
    members = {member.name: member for member in read_zip(blob)}
    if not members:
        raise Refused("zip.structure", "it has no members")
    names = sorted(members)
    roots = {name[: -len("data.pkl")] for name in names if name.rsplit("/", 1)[-1] == "data.pkl"}
    if any(member.endswith("/constants.pkl") or "/code/" in f"/{member}" for member in names) and roots:
        _refuse_script(blob, members)
    if any(member.endswith(_EXPORTED) for member in names):
        raise Refused("format.program", "it is a program exported by torch.export")
    if len(roots) == 1:
        return _checkpoint(blob, name, members, roots.pop(), around, judge)
    if {"config.json", "metadata.json"} <= set(names) or "model.weights.h5" in names:
        refuse_keras(
            {member: open_member(blob, members[member]) for member in names if members[member].size <= 1 << 30}
        )
    if "schema.json" in names and b'"__loader__"' in open_member(blob, members["schema.json"]).read(0, 1 << 20):
        raise Refused("format.objects", "it is a skops file of scikit-learn objects")
    if any(member.startswith("MAR-INF/") for member in names):
        raise Refused("format.program", "it is a TorchServe archive, which brings a program")
    if all(member.endswith(".npy") for member in names):
        return judge_npz(blob, name, [members[member] for member in names])
    return _members(blob, members, name, "zip", around, judge)


def _refuse_script(blob: Blob, members: Mapping[str, Member]) -> None:
    for name, member in members.items():
        if name.endswith(".pkl"):
            for offence in run(open_member(blob, member)).offences:
                own = offence.ref.module.startswith(("torch.jit", "__torch__"))
                if not own and offence.how == "call" and kind_of(offence.ref, called=True) is Kind.HOSTILE:
                    raise Refused("pickle.call", f"its member {name} calls {in_words(offence.ref)} when it is opened")
    raise Refused("format.program", "it is a TorchScript program")


def _checkpoint(
    blob: Blob, name: str, members: Mapping[str, Member], prefix: str, around: Surroundings, judge: Judge
) -> Judgement:
    foreign = foreign_members(list(members), prefix)
    contents = {member: open_member(blob, found) for member, found in members.items()}
    found = read_torch_zip(contents, prefix, blob.size)
    for member in foreign:
        verdict, _, _ = judge(contents[member], member, _deeper(around))
        if verdict.kind is Kind.HOSTILE:
            raise Refused(
                verdict.rule,
                f"beside the weights it has {ascii(member)[:120]}: {verdict.reason}",
                remedy=verdict.remedy,
            )
    if foreign:
        raise Refused(
            "checkpoint.foreign", f"beside the weights it has {ascii(foreign[0])[:120]}, which no checkpoint has"
        )
    return converted(found, name, "PyTorch checkpoint")


def _deeper(around: Surroundings) -> Surroundings:
    if around.depth >= MAXIMUM_DEPTH:
        raise Refused("archive.depth", f"it is an archive inside of {around.depth} others")
    return replace(around, depth=around.depth + 1, beside=lambda name: None)


def judge_tar(blob: Blob, name: str, around: Surroundings, judge: Judge) -> Judgement:
    """A tar archive, by what is in it."""
    members = {member.name: blob.part(member.start, member.size) for member in read_tar(blob)}
    if not members:
        raise Refused("archive.broken", "it has no members")
    if "pickle" in members:
        return converted(read_torch_tar(members, blob.size), name, "PyTorch checkpoint (before 0.1.10)")
    if "model_config.yaml" in members and any(member.endswith(".ckpt") for member in members):
        verdict, _, _ = judge(members["model_config.yaml"], "model_config.yaml", _deeper(around))
        if verdict.kind is Kind.HOSTILE:
            raise Refused(verdict.rule, f"its member model_config.yaml: {verdict.reason}", remedy=verdict.remedy)
        raise Refused("format.program", "it is a NeMo archive, whose settings name classes to be built")
    return _members(blob, dict(members), name, "tar", around, judge)


def _members(
    blob: Blob, members: Mapping[str, Blob | Member], name: str, format: str, around: Surroundings, judge: Judge
) -> Judgement:
    """Judge every member; the archive is as good as the worst of them."""
    inner = _deeper(around)
    found: list[VettedFile] = []
    judgement = Judgement(format, Outcome.CONVERT, notes=[f"unpacked: {len(members):,} files"])
    for member, content in members.items():
        path = f"{name}/{member}"
        if around.out_of_time():
            raise Held("file.time", f"time ran out after {len(found):,} of its {len(members):,} members")
        blob.work.spend(MEMBER)
        opened = open_member(blob, content) if isinstance(content, Member) else content
        verdict, made, nested = judge(opened, path, inner)
        found.append(verdict)
        judgement.members.append((verdict, made))
        judgement.members += nested
    worst = min(found, key=lambda file: file.gravity)
    if worst.outcome in (Outcome.REFUSE, Outcome.HOLD):
        how = Refused if worst.outcome is Outcome.REFUSE else Held
        reason = f"its member {ascii(worst.name.removeprefix(name + '/'))[1:-1][:120]}: {worst.reason}"
        stopped = how(worst.rule, reason, remedy=worst.remedy, kind=worst.kind)
        stopped.details["members"] = judgement.members
        raise stopped
    return judgement


def judge_compressed(blob: Blob, name: str, format: str, around: Surroundings, judge: Judge) -> Judgement:
    """One packed file: what is in it is judged in its place."""
    stem = name
    for suffix in _SUFFIXES[format]:
        stem = stem.removesuffix(suffix)
    verdict, made, nested = judge(unpack(blob, format), stem, _deeper(around))
    if verdict.outcome in (Outcome.REFUSE, Outcome.HOLD):
        how = Refused if verdict.outcome is Outcome.REFUSE else Held
        assert verdict.rule in RULES  # whatever stops a file is a row of the table
        raise how(verdict.rule, f"unpacked, {verdict.reason}", remedy=verdict.remedy, kind=verdict.kind)
    return Judgement(
        f"{format} of {verdict.format}",
        Outcome.CONVERT,
        made,
        list(verdict.notes),
        dict(verdict.details),
        members=nested,
    )
