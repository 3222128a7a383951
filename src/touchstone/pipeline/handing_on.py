"""A decided run as a folder that a hub or a colleague can take: model, card, evidence in short, notices."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from touchstone.core import atomic
from touchstone.core.errors import Fault, InputError
from touchstone.pipeline import recording
from touchstone.pipeline.account import account
from touchstone.pipeline.decisions import judge_again, known_run, refuse_changed

if TYPE_CHECKING:
    from touchstone.pipeline.finished import Finished

_TEXTS = ("LICENSE", "LICENCE", "NOTICE", "COPYING")
LONGEST_TEXT = 1_000_000


@dataclass(frozen=True, slots=True)
class HandedOn:
    """What was written, and what spoke against it."""

    folder: str
    verdict: str
    files: tuple[str, ...]
    against: tuple[str, ...]


def hand_on(
    folder: Path, out: Path, *, anyway: bool = False, who: str | None = None, registry: str | None = None
) -> HandedOn:
    """Judge a run by the sign-offs of today and write a Hugging Face folder of it.

    Parameters
    ----------
    anyway : also where the verdict or an advisory is against it; the card says so then, on its first lines

    Raises
    ------
    InputError
        where the run may not be handed on as it is, was changed after it was measured, or ``out`` is not empty
    """
    from touchstone.pipeline.outputs import hung
    from touchstone.report import handover, model_card

    run = judge_again(folder, registry=registry)
    refuse_changed(run)
    if run.evidence["chosen"]["path"] != "model/":
        raise InputError(Fault(str(folder), "assessed a model that lies elsewhere", "hand that folder on yourself"))
    against = tuple(_against(run, registry))
    if against and not anyway:
        mend = "nothing was written; settle it, or say --anyway, and the card will tell it"
        raise InputError(Fault(str(folder), f"may not be handed on: {'; '.join(against)}", mend))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(Fault(str(out), "is there already", "name a new or empty folder with --out"))
    gallery = hung(run.folder)
    try:
        with atomic.writing_folder(out) as made:
            shutil.copytree(run.folder / "model", made, dirs_exist_ok=True)
            texts = [_keep(text, made) for text in _licence_texts(run)]
            pages = {
                "README.md": model_card.render(run.evidence, gallery, run.study, against=against, alone=True),
                "EVIDENCE.md": handover.summary(run.evidence, run.study, against),
                "NOTICE.md": handover.notices(run.evidence, run.study, texts),
            }
            for name, text in pages.items():
                (made / name).write_text(text, encoding="utf-8")
            files = tuple(sorted(path.name for path in made.iterdir()))
    except OSError as fault:
        raise InputError(Fault(str(out), f"cannot be written ({fault.strerror})")) from fault
    _record(run, who or account(), registry)
    return HandedOn(str(out), run.evidence["verdict"], files, against)


def _against(run: Finished, registry: str | None) -> Iterator[str]:
    """Why a run may not be handed on, in plain words."""
    evidence = run.evidence
    if evidence["verdict"] != "ship":
        because = f" because of {', '.join(evidence['reasons'])}" if evidence["reasons"] else ""
        yield f"the verdict is {evidence['verdict']}{because}"
    yield from (f"the advisory {name} stands against what it was made from" for name in _advisories(run, registry))


def _advisories(run: Finished, registry: str | None) -> list[str]:
    """Advisories of blocker severity that nobody has signed the run after."""
    from touchstone.registry import advisories, lineage, signoffs
    from touchstone.registry.book import Registry

    place = recording.place(registry)
    if place.path is not None and not place.path.exists():
        return []
    with Registry.open(place) as book, book.reading() as session:
        known = known_run(session, run)
        if known is None:
            return []
        models = [
            lineage.find(session, one["to"]) for one in lineage.links(session, known) if one["relation"] == "judged"
        ]
        signed = signoffs.last_approval(session, known)
        found = {one.name: one for model in models for one in advisories.over(session, model)}
        return [
            name for name, one in found.items()
            if lineage.facts(session, one)["severity"] == "blocker" and one.number > signed
        ]  # fmt: skip


def _licence_texts(run: Finished) -> Iterator[Path]:
    """Licence files that lie with the base model, where it is a folder of this machine."""
    base = Path(str(run.locked.get("folder") or "."), str(run.evidence["chosen"]["base"]))
    if base.is_dir():
        for path in sorted(base.iterdir()):
            plain = path.is_file() and not path.is_symlink() and path.stat().st_size <= LONGEST_TEXT
            if plain and path.name.upper().startswith(_TEXTS):
                yield path


def _keep(text: Path, made: Path) -> str:
    name = f"base-{text.name}"
    shutil.copyfile(text, made / name)
    return name


def _record(run: Finished, who: str, registry: str | None) -> None:
    """That it was handed on, and by whom; a run that was never recorded is recorded first."""
    from touchstone.registry.book import Registry
    from touchstone.registry.effects import Effects

    with Registry.open(recording.place(registry)) as book:
        with book.reading() as session:
            known = known_run(session, run)
        known = known or recording.record(book, run, who)
        with book.writing(decision=True) as writer:
            writer.append("hand on", known.id, Effects(), actor=writer.person(who), role="scientist")
