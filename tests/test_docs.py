"""Documents hold together, and what they show works."""

from __future__ import annotations

import doctest
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
POLICY = "touchstone_policy: 1"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(language: str) -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for number, (found, text) in enumerate(FENCE.findall(document.read_text(encoding="utf-8"))):
            if found == language:
                yield f"{document.name}-{number}", text


def cases(language: str) -> list[Any]:
    return [pytest.param(text, id=name) for name, text in blocks(language)]


@pytest.mark.parametrize("text", [case for case in cases("yaml") if POLICY in case.values[0]])
def test_every_policy_shown_can_be_read(text: str, tmp_path: Path) -> None:
    from touchstone.govern.policy import BUILT_IN, find_policy

    (tmp_path / "policy.yaml").write_text(text)
    assert find_policy("policy.yaml", tmp_path).digest not in {policy.digest for policy in BUILT_IN.values()}


@pytest.mark.parametrize("text", [case for case in cases("yaml") if POLICY not in case.values[0]])
def test_every_study_shown_can_be_parsed(text: str, tmp_path: Path) -> None:
    from touchstone.study.parse import parse

    for model in ("mobilenetv2", "resnet18", "other", "finetuned"):
        (tmp_path / "models" / model).mkdir(parents=True)
    for split in ("train", "test", "incoming"):
        (tmp_path / "data" / split).mkdir(parents=True)
    (tmp_path / "data" / "evening.csv").write_text("file,label\n")
    (tmp_path / "study.yaml").write_text(text)
    assert parse(tmp_path / "study.yaml").name


@pytest.mark.parametrize("text", cases("python"))
def test_every_python_example_compiles_and_uses_public_names(text: str) -> None:
    import touchstone

    compile(text, "example", "exec")
    for name in re.findall(r"\btouchstone\.(\w+)", text):
        assert hasattr(touchstone, name)
    for method in re.findall(r"\bStudy\.(\w+)", text):
        assert hasattr(touchstone.Study, method)
    for attribute in re.findall(r"\bresult\.(\w+)", text):
        assert hasattr(touchstone.Result, attribute)


@pytest.mark.parametrize("text", cases("console"))
def test_every_command_shown_exists_with_its_options(text: str) -> None:
    import typer

    from touchstone.cli.main import app

    command = typer.main.get_command(app)
    for line in re.findall(r"^\$ touchstone (.*)$", text, re.MULTILINE):
        verb, *words = line.split()
        assert verb in command.commands
        found = command.commands[verb]
        if hasattr(found, "commands"):
            found = found.commands[words.pop(0)]
        known = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_readme_names_the_commands_that_make_knows() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test", "lint", "types", "acceptance", "bench"} <= targets
    for document in DOCUMENTS:
        shown = re.findall(r"^    make ([a-z -]+)$|`make ([a-z-]+)`", document.read_text(), re.MULTILINE)
        assert {word for pair in shown for word in " ".join(pair).split()} <= targets | {"help"}


def test_links_lead_somewhere_and_every_page_is_linked() -> None:
    build_docs = script("build_docs")
    assert [fault for page in build_docs.pages() for fault in build_docs.faults_of(page)] == []
    assert list(build_docs.unreachable()) == []


def test_an_unfinished_merge_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_docs = script("build_docs")
    monkeypatch.setattr(build_docs, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("one\n" + "<" * 7 + " HEAD\ntwo\n" + ">" * 7 + " branch\n")
    assert len(list(build_docs.faults_of(page))) == 1


def test_pages_are_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_docs = script("build_docs")
    monkeypatch.setattr(build_docs, "SITE", tmp_path / "site")
    assert build_docs.build() >= 5
    tutorial = (tmp_path / "site" / "tutorial.html").read_text(encoding="utf-8")
    assert "touchstone run" in tutorial
    assert 'href="study-file.html' in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")


def test_the_study_file_reference_names_every_metric() -> None:
    from touchstone.study.model import METRICS

    text = (ROOT / "docs" / "study-file.md").read_text(encoding="utf-8")
    assert [name for name in METRICS if f"`{name}`" not in text] == []


def test_pages_of_checks_are_those_of_the_catalogue() -> None:
    written = script("write_check_pages").written()
    there = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "checks").glob("*.md")}
    assert there == written, "run: make pages"


def test_examples_in_docstrings_of_light_modules_hold() -> None:
    import touchstone.core.digest
    import touchstone.core.interval

    for module in (touchstone.core.digest, touchstone.core.interval):
        assert doctest.testmod(module).failed == 0
