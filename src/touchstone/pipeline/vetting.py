"""The verb ``vet``: only the supply-chain and licence findings of one base model."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from touchstone.core import atomic, catalogue, digest
from touchstone.core.errors import Fault, InputError
from touchstone.core.evidence import Bill, Evidence
from touchstone.core.finding import Finding
from touchstone.core.progress import Progress, Silent
from touchstone.pipeline import recording
from touchstone.pipeline.home import home
from touchstone.pipeline.result import Result
from touchstone.study.model import BaseModel, Data, IntendedUse, Source, Study, Use

if TYPE_CHECKING:
    from touchstone.checks.context import Context
    from touchstone.supply.vetted import Vetted

_HUB = re.compile(r"(?P<repository>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)@(?P<revision>[\w][\w./-]*)")
MARK = "evidence.json"


@dataclass(frozen=True)
class Desk:
    """What the supply checks read: the model, the use, and nothing else."""

    study: Study
    vetted: Sequence[Vetted]
    findings: Sequence[Finding] = ()
    seed: int = 0
    judged: Sequence[Any] = ()
    chosen: None = None
    missing: Mapping[str, str] = field(default_factory=dict)


def vet(
    written: str,
    *,
    use: str = "research",
    trust: bool = False,
    sign: Path | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Result:
    """Vet a folder, a file, a zip or ``org/name@revision`` and judge what was found.

    Parameters
    ----------
    use : research, internal, commercial or redistribution
    trust : accept what has moved since first use
    sign : private key; a model that no blocker stops is signed with it and the key trusted from then on
    out : folder for evidence, manifest, ML-BOM, SARIF, JUnit and the notices to ship

    Raises
    ------
    InputError
        where there is no such model or use, or the output folder holds something else
    """
    started = time.monotonic()
    progress = progress or Silent()
    intended = IntendedUse(use=_use(use))
    model = find_model(written)
    if out is not None:
        _check_out(out)
    vetted = _vetted(model, intended, trust, progress)
    evidence = _evidence(model, intended, [vetted], started)
    if sign is not None:
        _sign(vetted, evidence, sign, progress)
        vetted = _vetted(model, intended, True, progress)
        evidence = _evidence(model, intended, [vetted], started)
    if out is not None:
        write(out, evidence, vetted)
    result = Result.of(evidence, out)
    recording.of_vetting(result.evidence, progress)
    return result


def find_model(written: str) -> BaseModel:
    """The model that is meant: a path that exists, else a reference to a hub.

    Raises
    ------
    InputError
        where neither is
    """
    path = Path(written).expanduser()
    if path.exists() or path.is_symlink():
        return BaseModel(written, path=path)
    match = _HUB.fullmatch(written)
    if match is None:
        mend = "give a folder, a file, a zip, or org/name@<40 hex digits of a commit>"
        raise InputError(Fault(written, "no such model", mend))
    return BaseModel(written, None, match["repository"], match["revision"])


def _use(named: str) -> Use:
    known = get_args(Use)
    if named not in known:
        raise InputError(Fault("--use", f"{named!r} is no use", f"one of {', '.join(known)}"))
    return cast(Use, named)


def _vetted(model: BaseModel, use: IntendedUse, trust: bool, progress: Progress) -> Vetted:
    from touchstone.supply.vet import vet as vet_model

    at_hand = model
    if model.path is None:
        from touchstone.nn.base_model import resolve_hub

        assert model.repository is not None and model.revision is not None, "a base is a path or a hub reference"
        at_hand = replace(model, path=resolve_hub(model.repository, model.revision, home()))
    with progress.task(f"vetting {model.written}", None):
        return vet_model(at_hand, use, home(), trust=trust)


def _evidence(model: BaseModel, use: IntendedUse, vetted: Sequence[Vetted], started: float) -> Evidence:
    from touchstone.checks.context import Need
    from touchstone.checks.runner import run_checks
    from touchstone.govern.policy import applied, find_policy
    from touchstone.govern.verdict import judge

    study = Study(model.written, "image-classification", Data(Source(Path())), (model,), use)
    ids = [row.id for row in catalogue.rows().values() if row.group == "supply"]
    policy = find_policy("default")
    findings = applied(run_checks(ids, cast("Context", Desk(study, vetted)), {Need.MODELS}, {}), policy)
    judgement = judge(findings, policy)
    asked = digest.of_data({"verb": "vet", "model": model.written, "use": use.use})
    bill = Bill(seconds=round(time.monotonic() - started, 3))
    return Evidence(model.written, asked, judgement.verdict, judgement.reasons, tuple(findings), cost=bill)


def _sign(vetted: Vetted, evidence: Evidence, key: Path, progress: Progress) -> None:
    """Sign what nobody need be ashamed of: a model whose files or bytes were stopped is not signed."""
    from touchstone.supply import manifest as manifests
    from touchstone.supply import signing
    from touchstone.supply.trust import Trust

    stopped = [
        f.check for f in evidence.findings if f.check in ("supply.files", "supply.integrity") and f.status == "fail"
    ]
    if vetted.path is None or vetted.manifest is None or stopped:
        raise InputError(
            Fault(vetted.written, f"is not signed: {', '.join(stopped) or 'no files'} failed", "mend that first")
        )
    place = signing.place_of(vetted.path)
    manifest = vetted.manifest if vetted.path.is_dir() else manifests.read(vetted.path)
    bundle = signing.sign(manifest.without([place.name]), vetted.path.name, key)
    signing.write(bundle, place)
    Trust(home()).add(signing.public_pem(key))
    progress.say(f"signed: {place}")


def _check_out(out: Path) -> None:
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MARK).is_file())):
        raise InputError(
            Fault(str(out), "holds something other than the output of vet", "name an empty or new folder with --out")
        )


def write(out: Path, evidence: Evidence, vetted: Vetted) -> None:
    """Write the output folder, evidence last."""
    from touchstone.report import bom, junit, sarif

    plain = json.loads(evidence.as_json())
    study = {"name": vetted.written, "base_models": [{"path": vetted.written}]}
    files = {
        "bom.json": bom.render(plain, study),
        "findings.sarif": sarif.render(plain),
        "junit.xml": junit.render(plain),
    }
    if vetted.manifest is not None:
        files["manifest.json"] = json.dumps(manifest_data(vetted), indent=1, ensure_ascii=False) + "\n"
    files |= {f"notice/{name}": text for name, text in notices(vetted).items()}
    for name, text in files.items():
        atomic.write_text(out / name, text)
    atomic.write_text(out / MARK, evidence.as_json())


def manifest_data(vetted: Vetted) -> dict[str, Any]:
    """What ``manifest.json`` holds; put beside the model, it vouches for it."""
    source = {"repo": vetted.source, "revision": vetted.revision}
    facts = {"source": source, "publisher": {"name": vetted.publisher}, **vetted.manifest.as_data()}
    return {"schema": "touchstone/manifest/1", **facts}


def notices(vetted: Vetted) -> Mapping[str, str]:
    """The files that its terms ask to ship with an adapted model."""
    from touchstone.supply.licences import notice
    from touchstone.supply.vet import documents_of

    if vetted.licences is None:
        return {}
    return notice.bundle(vetted.licences, documents_of(vetted), base=vetted.written, source=vetted.source)
