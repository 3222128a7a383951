"""``touchstone approve / reject / waive RUN``: a person's sign-off, in a role, with a reason."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchstone.cli.options import AnswerJson, RegistryAt
from touchstone.cli.status import Exit, of_verdict
from touchstone.cli.terminal import clean
from touchstone.core.finding import Verdict

if TYPE_CHECKING:
    from touchstone.pipeline.decisions import Decided

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The output folder of a run.", show_default=False)]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="The role in which you decide.", show_default=False)]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the decision.", show_default=False)
]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who decides; your account's name where absent.", show_default=False),
]
Sign = Annotated[
    Path | None,
    typer.Option(
        "--sign", metavar="KEY", help="Prove it with your private key, in PEM or OpenSSH form.", show_default=False
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--until", metavar="DATE", formats=["%Y-%m-%d"], help="Last day on which it counts.", show_default=False
    ),
]


def approve(
    run: RunFolder,
    role: Role,
    reason: Reason,
    who: As = None,
    until: Until = None,
    break_glass: Annotated[
        bool, typer.Option("--break-glass", help="Let it through alone, loudly; to be reviewed within 72 hours.")
    ] = False,
    key: Sign = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Sign a run as it is now. The signature falls when its plan, evidence, policy or model changes.

    The exit status is that of the verdict with this signature: 0 ship, 4 hold, 3 reject.
    """
    from touchstone.pipeline.decisions import Person, sign

    last = until.date() if until else None
    person = Person(role, reason, who, key)
    raise typer.Exit(
        _show(sign(run, person, "approve", until=last, break_glass=break_glass, registry=registry), as_json)
    )


def reject(
    run: RunFolder,
    role: Role,
    reason: Reason,
    who: As = None,
    key: Sign = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Refuse a run. It stands until the same person approves.

    The exit status is that of the verdict: 3, reject.
    """
    from touchstone.pipeline.decisions import Person, sign

    raise typer.Exit(_show(sign(run, Person(role, reason, who, key), "reject", registry=registry), as_json))


def waive(
    run: RunFolder,
    check: Annotated[str, typer.Option("--check", metavar="ID", help="The check whose finding is waived.", show_default=False)],
    role: Role,
    reason: Reason,
    until: Annotated[
        datetime, typer.Option("--until", metavar="DATE", formats=["%Y-%m-%d"], help="Its last day, 90 days off at most.", show_default=False)
    ],
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="TEXT", help="Of which subject, where the check failed for several.", show_default=False)
    ] = None,
    control: Annotated[str, typer.Option("--control", metavar="TEXT", help="What is done instead.", show_default=False)] = "",
    requested_by: Annotated[
        str | None, typer.Option("--requested-by", metavar="NAME", help="Who asks for it; the run's author where absent.", show_default=False)
    ] = None,
    who: As = None,
    key: Sign = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:  # fmt: skip
    """Carry a failed finding openly until a date. It stays failed, is shown everywhere, and no longer decides.

    The exit status is that of the verdict with this waiver: 0 ship, 4 hold, 3 reject.
    """
    from touchstone.pipeline.decisions import Person, waive

    made = waive(
        run, Person(role, reason, who, key), (check, subject), until.date(),
        control=control, requested_by=requested_by, registry=registry,
    )  # fmt: skip
    raise typer.Exit(_show(made, as_json))


_DONE = {"approve": "approved", "reject": "rejected", "waive": "waived"}


def _show(made: Decided, as_json: bool) -> Exit:
    plain = made.as_data()
    if as_json:
        sys.stdout.write(json.dumps(plain, indent=2) + "\n")
    else:
        print(f"{_DONE[made.action]}: event {made.event} of {clean(plain['registry'])}")
        for finding in plain["waived"]:
            waiver = finding["details"]["waiver"]
            print(
                f"waived until {waiver['until']} by {clean(waiver['by'])}: {clean(finding['check'])} of {clean(finding['subject'])}"
            )
        print(clean(plain["sign_off"]["statement"]))
        because = f"  because of {clean(', '.join(plain['reasons']))}" if plain["reasons"] else ""
        print(f"{plain['verdict'].upper()}{because}")
    return of_verdict(Verdict(plain["verdict"]))
