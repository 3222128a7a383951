"""A run: the stages in their order, from a study to evidence, verdict and output folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from touchstone.checks.context import Need
from touchstone.core import catalogue, workers
from touchstone.core.evidence import Bill, Chosen, Comparison, Evidence, RankedBase
from touchstone.core.finding import Finding
from touchstone.core.progress import Progress, Silent
from touchstone.core.signoff import SignOff
from touchstone.pipeline import climbing, from_scratch, recording, references, saving
from touchstone.pipeline.account import account
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.bases import Refused, blocked, need_bases, open_bases, spoken_of_the_chosen, vet_bases
from touchstone.pipeline.bench import Bench
from touchstone.pipeline.choice import choose
from touchstone.pipeline.contender import Contender
from touchstone.pipeline.context import RunContext
from touchstone.pipeline.energy import band, carbon_g
from touchstone.pipeline.evaluation import comparisons
from touchstone.pipeline.folder import RunFolder
from touchstone.pipeline.folder import choose as choose_folder
from touchstone.pipeline.home import home
from touchstone.pipeline.journal import Journal
from touchstone.pipeline.outputs import Outputs
from touchstone.pipeline.pieces import Pieces
from touchstone.pipeline.probing import Prober
from touchstone.pipeline.ranking import Ranking, features, rank_bases
from touchstone.pipeline.result import Result
from touchstone.study.lock import study_digest
from touchstone.study.model import Study

if TYPE_CHECKING:
    from touchstone.evaluate.learning import LearningCurve
    from touchstone.nn.base_model import Base
    from touchstone.pipeline.repairing import Moved


def run(study: Study, *, out: Path | None = None, fresh: bool = False, progress: Progress | None = None) -> Result:
    """The verb ``run``: everything, or what is left of it.

    A finished run of the same study is shown again; an interrupted one goes on from its last finished piece.
    """
    progress = progress or Silent()
    place = choose_folder(study, "run", out, fresh)
    if place.finished:
        progress.say(
            f"this study has been run and nothing has changed; {place.path} is shown again (--fresh starts over)"
        )
        return shown_again(place.path, progress)
    with Run.in_folder(study, place, progress) as work:
        result = carry_out(work, planned=lambda test: recording.of_plan(study, test, progress))
        return Result.read(place.path) if recording.of_run(place.path, progress) else result


def carry_out(work: Run, planned: Callable[[str], None] | None = None) -> Result:
    """Every stage in its order.

    Parameters
    ----------
    planned : told the digest of the sealed test set before it is opened
    """
    work.prepare()
    if work.bases:
        work.rank()
        work.adapt()
        if planned is not None:
            planned(work.context.data.seal.digest)
        work.evaluate()
    return work.conclude(ALL_GROUPS, work.available)


def shown_again(folder: Path, progress: Progress) -> Result:
    """A finished run as it is judged today: sign-offs may have been given, or have run out, since it was written."""
    from touchstone.pipeline.decisions import judge_again

    with recording.told(progress):
        recording.of_run(folder, progress)
        judge_again(folder)
    return Result.read(folder)


ALL_GROUPS = tuple(dict.fromkeys(row.group for row in catalogue.BUILT_IN))


class Run:
    """One study on its way; each method is a stage and fills the context that checks read."""

    def __init__(self, study: Study, bench: Bench, place: RunFolder | None) -> None:
        self.study, self.bench, self.place = study, bench, place
        self.context = RunContext(study, seed=study.seed)
        self.outputs = Outputs(None if place is None else place.path)
        self.bases: list[Base] = []
        self.refused: list[Refused] = []
        self.ranking: Ranking | None = None
        self.arena: Arena | None = None
        self.curve: LearningCurve | None = None
        self.rows: tuple[Comparison, ...] = ()
        self.moved: tuple[Moved, ...] = ()
        self.available: set[Need] = set()

    @classmethod
    @contextmanager
    def in_folder(cls, study: Study, place: RunFolder, progress: Progress) -> Iterator[Self]:
        """Work in an output folder that nobody else works in meanwhile."""
        with place.held():
            place.begin()
            journal = Journal(place.path / "log.jsonl", progress, study.adapt.budget.minutes)
            pieces = Pieces(place.cache / "pieces", journal, place.kin())
            yield cls(study, Bench(study, home(), journal, pieces), place)

    @classmethod
    @contextmanager
    def passing(cls, study: Study, verb: str, out: Path | None, progress: Progress) -> Iterator[Self]:
        """Work for a verb that keeps a folder only where ``out`` asks for one."""
        if out is not None:
            with cls.in_folder(study, choose_folder(study, verb, out, fresh=True), progress) as work:
                yield work
            return
        with tempfile.TemporaryDirectory(prefix="touchstone-") as folder:
            journal = Journal(None, progress, study.adapt.budget.minutes)
            yield cls(study, Bench(study, home(), journal, Pieces(Path(folder) / "pieces", journal)), None)

    def read_data(self, *, audited: bool = False) -> None:
        """Read and split the data."""
        from touchstone.dataset.assemble import assemble

        bench = self.bench
        with bench.journal.stage("data", "reading the data"):
            self.context.data_or_none = assemble(self.study, progress=bench.progress, home=bench.home, audited=audited)
        self.context.prober = Prober(self.context.data, bench.progress, bench.seed)
        self.available.add(Need.DATA)

    def prepare(self) -> None:
        """Read and split the data; look at the bases without running them."""
        need_bases(self.study)
        self.read_data()
        with self.bench.journal.stage("vetting", "vetting the base models"):
            self.context.vetted = vet_bases(self.bench)
            self.available.add(Need.MODELS)
            stopped = self.stopped()
            self.bases, self.refused = open_bases(self.bench, self.context.vetted, stopped)
        self.context.missing |= stopped
        for refused in self.refused:
            self.context.missing[refused.base.written] = refused.reason

    def stopped(self) -> dict[str, str]:
        """Models that fail a blocker, and why: no byte of theirs may reach loading code."""
        from touchstone.checks.runner import run_checks
        from touchstone.govern.policy import applied, find_policy

        ids = [row.id for row in catalogue.rows().values() if row.group == "supply"]
        policy = find_policy(self.study.policy, self.study.folder)
        return blocked(self.context.vetted, applied(run_checks(ids, self.context, {Need.MODELS}, {}), policy))

    def rank(self) -> None:
        """Order the bases and pick the one that carries the study."""
        self.ranking = rank_bases(self.bench, self.context.data, self.bases)
        carries = self.ranking.base
        assert self.context.prober is not None, "data are read first"
        self.context.prober.use(
            carries.written, lambda examples: features(self.bench, carries, examples).blocks["penultimate"]
        )
        self.context.bases = self.ranking.scores
        self.context.raw_reference_items = self.ranking.raw_items
        self.available.add(Need.BASES)

    def adapt(self) -> None:
        """Make every reference and climb the ladder; choose without the test set."""
        from touchstone.nn.threads import aside, limited

        assert self.ranking is not None, "bases are ranked first"
        arena = self.arena = Arena(self.bench, self.context.data, self.ranking)
        journal = self.bench.journal
        journal.progress.say(f"carrying the study: {arena.base.written}")
        simple = [references.majority(arena), references.non_transfer(arena)]
        probe, frozen, head = references.linear_probe(arena)
        with (
            limited(workers.share()),
            workers.meanwhile(partial(from_scratch.scratch, arena, probe), aside=aside()) as done,
        ):
            climb = climbing.climb(arena, frozen, head)
            scratch = done()
        if scratch is None:
            self.context.missing["scratch"] = "budget"
        contenders = [
            *simple,
            *([scratch] if scratch else []),
            probe,
            *([] if frozen is probe else [frozen]),
            *climb.contenders,
        ]
        self.context.missing |= climb.skipped
        picked = choose(frozen, climb.contenders, self.context.data)
        self.context.contenders = [self._traced(arena, each, head, each is picked) for each in contenders]
        self.context.chosen_subject = picked.candidate.subject
        self._count_savings(arena)
        self.available |= {Need.CANDIDATES, Need.ADAPTED}

    def _count_savings(self, arena: Arena) -> None:
        """What transfer saved in labels and in looking at examples."""
        assert self.context.chosen is not None, "a candidate was chosen"
        self.curve = saving.learning_curve(arena)
        self.context.saved = saving.saved(arena, self.curve, self.context.contenders, self.context.chosen)

    def _traced(self, arena: Arena, contender: Contender, head: Any, chosen: bool) -> Contender:
        """What is shipped, and what the user asked for, is looked into more closely."""
        from touchstone.pipeline.looking import look_into

        if contender.candidate.recipe is None or not (chosen or contender.candidate.user):
            return contender
        return look_into(arena, contender, head)

    def evaluate(self) -> None:
        """Export, prove that the export repeats, time it; then open the sealed test set once."""
        assert self.arena is not None, "candidates are made first"
        self.export()
        self._weigh()
        self.context.latency = self.outputs.latency(self.arena)
        seal = self.context.data.seal
        key, model = study_digest(self.study), self.outputs.model_digest
        with self.bench.journal.stage("evaluation", "opening the sealed test set"):
            self.context.opened = seal.open(key, model)
            self.context.openings = seal.openings()
            self.context.openings_changed_model = seal.changed_model(key, model)
            self.rows = comparisons(self.context, self.bench.progress)
        self.available.add(Need.TEST)

    def _weigh(self) -> None:
        """What ships is as large as its own files, whatever its base is."""
        self.context.contenders = [
            replace(each, candidate=replace(each.candidate, details={**each.candidate.details, "size_mb": self.outputs.size_mb}))
            if each.candidate.subject == self.context.chosen_subject
            else each
            for each in self.context.contenders
        ]  # fmt: skip

    def export(self) -> None:
        """Write the model that would ship."""
        assert self.arena is not None and self.context.chosen is not None, "a candidate was chosen"
        self.outputs.export(self.arena, self.context.contender(self.context.chosen))

    def conclude(self, groups: Collection[str], available: Collection[Need]) -> Result:
        """Run the checks, judge, write everything."""
        from touchstone.checks.runner import run_checks
        from touchstone.govern.policy import applied, find_policy
        from touchstone.govern.verdict import judge

        policy = find_policy(self.study.policy, self.study.folder)
        # Nobody can have signed what is only now being measured.
        self.context.sign_off = SignOff(self.study.intended_use.use, policy.name, policy.roles, account())
        self._bill()
        refusals = [refused.finding(others=bool(self.bases)) for refused in self.refused]
        self.context.findings = list(refusals)
        flagged: list[Any] = []
        ids = [row.id for row in catalogue.rows().values() if row.group in groups]
        reason = f"the study stopped early: {self.nothing_left()}"
        with self.bench.journal.stage("checks", "asking the checks"):
            stated = run_checks(
                ids, self.context, available, dict.fromkeys(Need, reason) if not self.bases else {},
                flagged=flagged, progress=self.bench.progress,
            )  # fmt: skip
        stated = spoken_of_the_chosen(
            _in_order([*refusals, *_unrefused(stated, self.refused)]),
            [model.written for model in self.study.base_models], self._carrying(),
        )  # fmt: skip
        findings = applied(stated, policy)
        judgement = judge(findings, policy)
        self._bill()
        evidence = Evidence(
            self.study.name, study_digest(self.study), judgement.verdict, judgement.reasons, tuple(findings), self.rows,
            self._ranked(), self._what_ships(), self._cost(),
        )  # fmt: skip
        self.bench.journal.note("verdict", verdict=judgement.verdict.value, reasons=list(judgement.reasons))
        return self.outputs.write(self, evidence, flagged)

    def nothing_left(self) -> str:
        """What it means that no base is left, as it stands in each finding that was not reached."""
        return "no base model could be used"

    def _bill(self) -> None:
        journal = self.bench.journal
        spent = sum(stage.energy_wh or 0.0 for stage in journal.stages)
        low, high = band(spent, journal.meter.measured)
        self.context.stages = journal.stages
        self.context.energy = {"energy_wh": spent, "seconds": journal.seconds, "low_wh": low, "high_wh": high, "carbon_g": carbon_g(spent),
                               "method": journal.meter.method, "measured": journal.meter.measured, "saved": self.context.saved}  # fmt: skip

    def _cost(self) -> Bill:
        energy = self.context.energy
        through = self.ranking.through_backbone if self.ranking else 0
        through += sum(candidate.cost.examples_through_backbone for candidate in self.context.candidates)
        stages = {stage.name: round(stage.seconds, 3) for stage in self.context.stages}
        return Bill(round(self.bench.journal.seconds, 3), stages, through, energy["energy_wh"], energy["carbon_g"])

    def _ranked(self) -> tuple[RankedBase, ...]:
        return tuple(
            RankedBase(score.base, score.rank, score.accuracy.value, score.accuracy.interval, score.chosen)
            for score in self.context.bases
        )

    def _carrying(self) -> str | None:
        """The base whose findings decide."""
        if self.context.chosen is not None:
            return self.context.chosen.base
        return next((score.base for score in self.context.bases if score.chosen), None)

    def _what_ships(self) -> Chosen | None:
        chosen = self.context.chosen
        return None if chosen is None else Chosen(chosen.subject, chosen.base, self.outputs.model_path)


def _in_order(findings: Collection[Finding]) -> list[Finding]:
    order = {id: place for place, id in enumerate(catalogue.rows())}
    return sorted(findings, key=lambda finding: order[finding.check])


def _unrefused(findings: Collection[Finding], refused: Collection[Refused]) -> list[Finding]:
    """Findings without the stand-ins for what a refusal has already stated."""
    said = {("supply.files", each.base.written) for each in refused}
    return [replace(finding) for finding in findings if (finding.check, finding.subject) not in said]
