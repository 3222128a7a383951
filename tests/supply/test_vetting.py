"""Models as a whole: folders, links, shards, archives, and the working copy that alone reaches loading code."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from pathlib import Path

import pytest

from tests.supply.hostile_list import PLAIN, as_json, field, h5, safetensors, tensor
from tests.supply.opcodes import PROTO4, SYSTEM, torch_zip, zipped
from tests.supply.small_models import write_model
from tests.supply.watch import nothing_runs
from touchstone.core.errors import ModelFilesError
from touchstone.study.model import BaseModel
from touchstone.supply.outcome import Kind, Outcome, VettedFile
from touchstone.supply.vetted import Vetted
from touchstone.supply.vetting import vet_files


def seen(path: Path, *, keep: bool = False) -> Vetted:
    with nothing_runs():
        return vet_files(BaseModel("m", path), path.parent / "home", keep=keep)


def worst(path: Path) -> VettedFile:
    report = seen(path).files
    assert report is not None and report.worst is not None
    return report.worst


def alone(folder: Path, name: str, data: bytes) -> VettedFile:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return worst(folder)


# folders


def test_a_link_is_refused_and_not_followed(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "vocab.txt").symlink_to("/etc/hostname")
    found = worst(folder)
    assert (found.outcome, found.rule, found.size) == (Outcome.REFUSE, "file.special", 0)


def test_a_link_to_a_file_of_the_same_model_is_read_as_that_file(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "model.safetensors").rename(folder / "weights.safetensors")
    (folder / "model.safetensors").symlink_to("weights.safetensors")
    vetted = seen(folder, keep=True)
    assert vetted.files is not None
    digests = {file.name: file.sha256 for file in vetted.files.files}
    assert digests["model.safetensors"] == digests["weights.safetensors"]
    assert all(file.outcome is Outcome.ACCEPT for file in vetted.files.files)
    assert vetted.copy is not None and not (vetted.copy.folder / "model.safetensors").is_symlink()


@pytest.mark.parametrize(
    ("target", "said"),
    [("../beside.txt", "a file outside of what is read"), ("../m", "a folder"), ("gone.txt", "nothing"), ("vocab.txt", "nothing"),
     ("/dev/null", "what is no file"), (".git/config", "a file outside of what is read")],
)  # fmt: skip
def test_any_other_link_is_refused_and_where_it_leads_is_told(tmp_path: Path, target: str, said: str) -> None:
    folder = write_model(tmp_path / "m")
    (tmp_path / "beside.txt").write_text("a")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("a")
    (folder / "vocab.txt").symlink_to(target)
    report = seen(folder).files
    assert report is not None
    found = next(file for file in report.files if file.name == "vocab.txt")
    assert (found.outcome, found.rule, found.size) == (Outcome.REFUSE, "file.special", 0)
    assert said in str(found.reason)


def test_links_of_a_hubs_cache_into_its_own_blobs_are_followed(tmp_path: Path) -> None:
    repository = tmp_path / "models--acme--tools"
    snapshot, blobs = repository / "snapshots" / ("a" * 40), repository / "blobs"
    write_model(blobs.parent / "plain")
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for number, path in enumerate(sorted((repository / "plain").iterdir())):
        path.rename(blobs / str(number))
        (snapshot / path.name).symlink_to(f"../../blobs/{number}")
    assert worst(snapshot).outcome is Outcome.ACCEPT
    (snapshot / "vocab.txt").symlink_to("/etc/hostname")
    assert worst(snapshot).rule == "file.special"


def test_a_pipe_neither_blocks_nor_passes(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    os.mkfifo(folder / "model.bin")
    assert worst(folder).rule == "file.special"


def test_a_folder_that_is_a_link_out_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "more").symlink_to("/etc")
    assert worst(folder).rule == "file.special"


def test_gits_own_store_is_held_and_stays_out(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / ".git" / "hooks").mkdir(parents=True)
    (folder / ".git" / "hooks" / "post-checkout").write_text("#!/bin/sh\ntrue\n")
    found = seen(folder, keep=True)
    assert found.files is not None and found.files.outcome is Outcome.HOLD
    assert found.copy is not None
    assert [entry.name for entry in found.copy.manifest.files] == ["config.json", "model.safetensors"]


def test_a_name_of_255_bytes_of_emoji_is_no_trouble(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / ("🙂" * 62 + ".txt")).write_text("x\n")
    assert worst(folder).outcome is Outcome.ACCEPT


def test_names_that_hide_or_escape_are_held(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "vocab\u202etxt.exe").write_text("x\n")
    assert worst(folder).outcome is Outcome.HOLD


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "model.safetensors").chmod(0)
    if os.access(folder / "model.safetensors", os.R_OK):
        pytest.skip("this user may read everything")
    assert worst(folder).rule == "file.unreadable"


def test_nothing_at_the_path_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError):
        vet_files(BaseModel("m", tmp_path / "nowhere"), tmp_path / "home")


def test_what_there_was_no_time_for_is_held(tmp_path: Path) -> None:
    found = vet_files(BaseModel("m", write_model(tmp_path / "m")), tmp_path / "home", seconds=0.0)
    assert found.files is not None
    assert {file.rule for file in found.files.files} == {"file.time"}


# shards


def sharded(folder: Path) -> Path:
    folder.mkdir()
    names = {name: f"model-0000{i}-of-00002.safetensors" for i, name in enumerate("ab", 1)}
    for name, file in names.items():
        (folder / file).write_bytes(safetensors({name: tensor([2], 0, 8)}, struct.pack("<2f", 1, 2)))
    (folder / "model.safetensors.index.json").write_bytes(as_json({"metadata": {}, "weight_map": names}))
    return folder


def test_an_index_whose_shard_is_missing_is_refused(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "m")
    assert worst(folder).outcome is Outcome.ACCEPT
    (folder / "model-00002-of-00002.safetensors").unlink()
    assert (worst(folder).rule, worst(folder).kind) == ("index.shards", Kind.MALFORMED)


def test_an_index_whose_tensor_stands_elsewhere_is_refused(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "m")
    index = folder / "model.safetensors.index.json"
    index.write_text(index.read_text().replace('"a": "model-00001', '"a": "model-00002'))
    assert worst(folder).rule == "index.shards"


def test_pickled_shards_and_their_index_become_safetensors_together(tmp_path: Path) -> None:
    import torch

    folder = tmp_path / "m"
    folder.mkdir()
    names = {name: f"pytorch_model-0000{i}-of-00002.bin" for i, name in enumerate("ab", 1)}
    for name, file in names.items():
        torch.save({name: torch.ones(2)}, folder / file)
    (folder / "pytorch_model.bin.index.json").write_bytes(as_json({"metadata": {}, "weight_map": names}))
    found = seen(folder, keep=True)
    assert found.copy is not None
    copied = {entry.name for entry in found.copy.manifest.files}
    assert copied == {"model.safetensors.index.json", *(f"model-0000{i}-of-00002.safetensors" for i in (1, 2))}
    index = json.loads((found.copy.folder / "model.safetensors.index.json").read_text())
    assert set(index["weight_map"].values()) < copied


# archives


def test_a_zip_becomes_the_folder_that_it_holds(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    data = zipped({f"top/{path.name}": path.read_bytes() for path in folder.iterdir()}, deflated=True)
    (tmp_path / "m.zip").write_bytes(data)
    copy = seen(tmp_path / "m.zip", keep=True).copy
    assert copy is not None and copy == seen(folder, keep=True).copy


def test_one_bad_member_condemns_the_archive(tmp_path: Path) -> None:
    (tmp_path / "m.zip").write_bytes(zipped({"model.safetensors": PLAIN, "more/pytorch_model.bin": SYSTEM}))
    found = worst(tmp_path / "m.zip")
    assert (found.outcome, found.kind) == (Outcome.REFUSE, Kind.HOSTILE)
    assert not (tmp_path / "home").exists()


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model.safetensors", PLAIN)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("model.safetensors", PLAIN)
    assert alone(tmp_path / "m", "m.zip", buffer.getvalue()).rule == "zip.structure"


def test_archives_in_archives_end_somewhere(tmp_path: Path) -> None:
    data = zipped({"model.safetensors": PLAIN})
    for _ in range(3):
        data = zipped({"inner.zip": data})
    assert alone(tmp_path / "m", "m.zip", data).rule == "archive.depth"


# single files


VAST = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976,)}".ljust(127) + b"\n"


@pytest.mark.parametrize(
    ("name", "data", "outcome", "kind"),
    [
("array.npy", b"\x93NUMPY\x01\x00\x80\x00" + VAST, "refuse", Kind.MALFORMED),
        ("config.json", b"[" * 100_000, "refuse", Kind.MALFORMED),
        ("config.json", b'{"a": 1, "a": 2}', "refuse", Kind.MALFORMED),
        ("model.pkl", PROTO4 + b"]" * 100_000 + b"a" * 99_999 + b".", "refuse", None),
        ("model.pkl", PROTO4 + b")" + b"\x85" * 100_000 + b".", "refuse", None),
        ("model.pkl", PROTO4 + b"}\x94(h\x00h\x00u" + b"h\x00b" * 1000 + b".", "refuse", None),
        ("model.safetensors", safetensors({"a\u202eb": tensor([2], 0, 8)}, bytes(8)), "refuse", Kind.MALFORMED),
        ("saved_model.pb", field(1, 1) + field(2, field(2, field(1, field(1, b"PyFunc") + field(3, 0)))), "refuse", Kind.UNSUPPORTED),
        ("model.h5", h5(), "refuse", Kind.UNSUPPORTED),
        ("model.safetensors", b"", "refuse", Kind.MALFORMED),
        ("model.safetensors", PLAIN[:-1], "refuse", Kind.MALFORMED),
        ("model.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n", "refuse", Kind.MALFORMED),
        ("adapter_config.json", as_json({"target_modules": "(a+)+$" * 20}), "accept", None),
        ("run.sh", b"#!/bin/sh\ntrue\n", "hold", None),
        ("library.so", b"\x7fELF" + bytes(100), "hold", None),
        ("notes.bin", bytes(range(128, 228)), "hold", None),
    ],
)  # fmt: skip
def test_further_odd_files(tmp_path: Path, name: str, data: bytes, outcome: str, kind: Kind | None) -> None:
    found = alone(tmp_path / "m", name, data)
    assert str(found.outcome) == outcome, found
    assert kind is None or found.kind is kind


def test_a_renamed_file_is_told_by_its_content(tmp_path: Path) -> None:
    found = alone(tmp_path / "m", "config.json", PLAIN)
    assert (found.outcome, found.rule) == (Outcome.REFUSE, "file.mismatch")


PNG, JPEG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64), b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(64)
ELF, PE, SCRIPT = b"\x7fELF" + bytes(100), b"MZ\x90\0" + bytes(100), b"#!/bin/sh\ntrue\n"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("pytorch_model.bin", PNG, Kind.MALFORMED),
        ("vocab.txt", PNG, Kind.MALFORMED),
        ("w.zip", PNG, Kind.MALFORMED),
        ("w.gz", PNG, Kind.MALFORMED),
        ("tokenizer.model", PNG, Kind.MALFORMED),
        ("LICENSE", PNG, Kind.MALFORMED),
        ("NOTES.md", JPEG, Kind.MALFORMED),
        ("README.md", b"%PDF-1.4\n%", Kind.MALFORMED),
        ("merges.txt", ELF, Kind.HOSTILE),
        ("model.safetensors", ELF, Kind.HOSTILE),
        ("logo.png", ELF, Kind.HOSTILE),
        ("model.pt", PE, Kind.HOSTILE),
        ("merges.txt", SCRIPT, Kind.HOSTILE),
        ("config.json", SCRIPT, Kind.HOSTILE),
        ("config.json", safetensors({"w": tensor([2], 0, 8)}, struct.pack("<2f", float("nan"), 1)), Kind.MALFORMED),
    ],
)
def test_what_bears_the_mark_of_another_kind_than_its_name_is_refused(
    tmp_path: Path, name: str, data: bytes, kind: Kind
) -> None:
    write_model(tmp_path / "m")
    found = alone(tmp_path / "m", name, data)
    assert (found.name, found.outcome, found.rule, found.kind) == (name, Outcome.REFUSE, "file.mismatch", kind)


@pytest.mark.parametrize(
    ("name", "data", "outcome"),
    [
        ("logo.png", PNG, "hold"),
        ("logo.png", JPEG, "hold"),
        ("paper.pdf", b"%PDF-1.4\n%", "hold"),
        ("run", ELF, "hold"),
        ("run.py", SCRIPT, "hold"),
        ("w.bin", b"\x01\xfe\x03" * 9, "hold"),
        ("w.txt", b"\x01\xfe\x03" * 9, "hold"),
        ("README.md", b"GGUF files of a model\n", "accept"),
        ("README.md", b"GIF89a is the mark of a picture\n", "accept"),
        ("vocab.txt", b"MZ\n[PAD]\n", "accept"),
        ("merges.txt", b"#version: 0.2\n! !\n#! /\n", "accept"),
    ],
)
def test_what_bears_no_other_mark_is_not_refused(tmp_path: Path, name: str, data: bytes, outcome: str) -> None:
    assert str(alone(tmp_path / "m", name, data).outcome) == outcome


_FRAME = b"\x95" + struct.pack("<Q", len(SYSTEM) - 2)
_LIKE_A_HEADER = PROTO4 + b"C\x05ab\0\0{0" + SYSTEM[2:]


@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("adapter.safetensors", PROTO4 + _FRAME + SYSTEM[2:], "pickle.call"),
        ("adapter.safetensors", PROTO4 + b"\x95" + struct.pack("<Q", 2) + b"N." + SYSTEM, "pickle.call"),
        ("adapter.safetensors", PROTO4 + b"\x95" + struct.pack("<Q", len(SYSTEM) - 3) + SYSTEM[2:-1], "pickle.call"),
        ("adapter.safetensors", _LIKE_A_HEADER, "file.polyglot"),
        ("logo.gif", b"GIF89a\0\0\x000" + SYSTEM[2:], "pickle.call"),
    ],
)
def test_a_pickle_that_calls_is_hostile_whatever_it_looks_like(
    tmp_path: Path, name: str, data: bytes, rule: str
) -> None:
    found = alone(tmp_path / "m", name, data)
    assert (found.kind, found.rule) == (Kind.HOSTILE, rule), found
    assert "do not open it" in found.remedy


def test_a_refusal_names_the_function_and_where_it_stands(tmp_path: Path) -> None:
    found = alone(tmp_path / "m", "model.pt", torch_zip(SYSTEM))
    assert "os.system" in found.reason and "byte" in found.reason


# the working copy


def test_the_working_copy_holds_vetted_bytes_alone_and_cannot_be_written(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", card="# A model")
    (folder / "notes.py").write_text("x = 1\n")
    copy = seen(folder, keep=True).copy
    assert copy is not None
    files = {path.name: path for path in copy.folder.iterdir()}
    assert set(files) == {"README.md", "config.json", "model.safetensors"}
    assert all(path.stat().st_mode & 0o222 == 0 for path in files.values())
    assert copy.folder.name == copy.manifest.root.removeprefix("sha256:")


def test_settings_that_the_model_type_does_not_know_stay_out(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "config.json").write_bytes(as_json({"model_type": "bert", "hidden_size": 2, "surprise": 1}))
    copy = seen(folder, keep=True).copy
    assert copy is not None
    assert json.loads((copy.folder / "config.json").read_text()) == {"model_type": "bert", "hidden_size": 2}


@pytest.mark.parametrize("fault", ["changed", "missing", "extra"])
def test_a_working_copy_that_was_touched_is_not_loaded_and_is_made_anew(tmp_path: Path, fault: str) -> None:
    folder = write_model(tmp_path / "m")
    copy = seen(folder, keep=True).copy
    assert copy is not None
    copy.check()
    weights = copy.folder / "model.safetensors"
    weights.chmod(0o644)
    if fault == "changed":
        weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    elif fault == "missing":
        weights.unlink()
    else:
        (copy.folder / "extra.json").write_text("{}")
    with pytest.raises(ModelFilesError):
        copy.check()
    again = seen(folder, keep=True).copy
    assert again == copy
    again.check()


def test_an_original_goes_before_what_another_file_was_converted_to(tmp_path: Path) -> None:
    import torch

    folder = write_model(tmp_path / "m")
    torch.save({"weight": torch.zeros(2)}, folder / "pytorch_model.bin")
    found = seen(folder, keep=True)
    assert found.copy is not None and found.files is not None
    original = (folder / "model.safetensors").read_bytes()
    assert (found.copy.folder / "model.safetensors").read_bytes() == original
    assert any("left out" in note for note in found.files["pytorch_model.bin"].notes)


def test_a_file_that_changes_between_reading_and_copying_stops_the_model(tmp_path: Path) -> None:
    from touchstone.supply import working_copy
    from touchstone.supply.judgement import Made
    from touchstone.supply.outcome import Product
    from touchstone.supply.rules import Refused

    with pytest.raises(Refused):
        working_copy.make([(Product("a.json", "0" * 64, 2), Made.of_bytes("a.json", b"{}"))], tmp_path)
    assert not list((tmp_path / "vetted").iterdir())
