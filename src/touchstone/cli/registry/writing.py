"""Writing to the registry: advisories and answers, products and where they run, lineage, roles."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from touchstone.cli.options import AnswerJson, RegistryAt
from touchstone.cli.registry import looking, shown
from touchstone.cli.registry.shown import As, Entry, Role
from touchstone.cli.status import Exit

Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the decision.", show_default=False)
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The product's name.", show_default=False)]


def advise(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="What is affected: ids, names or run folders.", show_default=False)],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="As people call it, such as CVE-2026-1234.", show_default=False)],
    statement: Annotated[str, typer.Option("--statement", metavar="TEXT", help="What is wrong.", show_default=False)],
    kind: Annotated[str, typer.Option("--kind", help="vulnerability, bias, licence, withdrawal or quality.")] = "vulnerability",
    severity: Annotated[str, typer.Option("--severity", help="blocker, major, minor or info.")] = "blocker",
    source: Annotated[str, typer.Option("--source", metavar="URL", help="Where it is told.", show_default=False)] = "",
    mitigation: Annotated[str, typer.Option("--mitigation", metavar="TEXT", help="What helps.", show_default=False)] = "",
    role: Role = "steward",
    who: As = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:  # fmt: skip
    """Publish an advisory: suspend exposed approvals, and list products, owners, substitutes and due dates at once.

    The exit status is 4 where products are exposed, else 0.
    """
    from touchstone.pipeline import registered
    from touchstone.pipeline.account import account
    from touchstone.registry import advisories, products

    made = advisories.Advisory(name, kind, severity, statement, source, mitigation)
    with registered.opened(registry) as book:
        named = [registered.find(book, model) for model in models]
        with book.writing(decision=True) as writer:
            meant = {one.id: one for known in named for one in products.models_of(writer.session, known)}
            known = advisories.advise(writer, made, list(meant.values()), who or account(), role)
        with book.reading() as session:
            answer = registered.entry(session, known)
    if as_json:
        shown.emit(answer)
    else:
        shown.line(
            f"{name}: {len(answer['suspended_approvals'])} approvals suspended, {len(answer['exposed'])} products exposed"
        )
        looking.exposed(answer["exposed"])
    raise typer.Exit(Exit.HOLD if answer["exposed"] else Exit.SHIP)


def answer(
    advisory: Annotated[str, typer.Argument(metavar="ADVISORY", help="Its name or id.", show_default=False)],
    product: Name,
    status: Annotated[
        str, typer.Option("--status", help="affected, not_affected, under_investigation or fixed.", show_default=False)
    ],
    reason: Reason,
    role: Role = "steward",
    who: As = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Answer an advisory for a product, with a reason."""
    from touchstone.pipeline import registered
    from touchstone.pipeline.account import account
    from touchstone.registry import advisories, lineage

    with registered.opened(registry) as book, book.writing(decision=True) as writer:
        found = lineage.find(writer.session, advisory, "advisory")
        known = lineage.find(writer.session, product, "product")
        state = advisories.reply(writer, found, known, status, reason, who or account(), role)
    if as_json:
        shown.emit(
            {"advisory": found.id, "product": known.id, "status": status, "state": state.state, "until": state.until}
        )
    else:
        shown.line(f"{known.name}: {status} by {found.name}; the product is {state.state}")


def product(
    name: Name,
    on: Annotated[
        list[str],
        typer.Option(
            "--on", metavar="ENTRY", help="The model or run that it uses; may be repeated.", show_default=False
        ),
    ],
    owner: Annotated[str, typer.Option("--owner", metavar="NAME", help="Who answers for it.", show_default=False)],
    criticality: Annotated[
        int, typer.Option("--criticality", help="1 (nobody would notice) to 5 (lives or livelihoods).")
    ] = 1,
    users: Annotated[
        int | None, typer.Option("--users", min=0, help="How many people use it.", show_default=False)
    ] = None,
    role: Role = "steward",
    who: As = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Register a product on a run or model; one that is known moves to them."""
    from touchstone.pipeline import registered
    from touchstone.pipeline.account import account
    from touchstone.registry import products

    with registered.opened(registry, create=True) as book:
        named = [registered.find(book, one) for one in on]
        with book.writing() as writer:
            models = [one for known in named for one in products.models_of(writer.session, known)]
            made = products.Product(name, owner, criticality, users)
            known = products.register(writer, made, models, who or account(), role)
    if as_json:
        shown.emit(known.as_data())
    else:
        shown.line(f"{known.name}: {known.state}, on {', '.join(one.name for one in models)} ({shown.short(known.id)})")


def deploy(
    product: Name,
    environment: Annotated[
        str, typer.Option("--to", metavar="ENVIRONMENT", help="Where it runs, such as production.", show_default=False)
    ],
    role: Role = "steward",
    who: As = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Record that a product runs somewhere."""
    from touchstone.pipeline import registered
    from touchstone.pipeline.account import account
    from touchstone.registry import lineage, products

    with registered.opened(registry) as book, book.writing() as writer:
        known = lineage.find(writer.session, product, "product")
        id = products.deploy(writer, known, environment, who or account(), role)
    if as_json:
        shown.emit({"id": id, "product": known.id, "environment": environment})
    else:
        shown.line(f"{known.name} runs in {environment} ({shown.short(id)})")


def retire(
    entry: Entry, role: Role = "steward", who: As = None, registry: RegistryAt = None, as_json: AnswerJson = False
) -> None:
    """Record that a product or a deployment has ended."""
    from touchstone.pipeline import registered
    from touchstone.pipeline.account import account
    from touchstone.registry import lineage, products

    with registered.opened(registry) as book, book.writing() as writer:
        known = lineage.find(writer.session, entry)
        event = products.retire(writer, known, who or account(), role)
    if as_json:
        shown.emit({"id": known.id, "event": event, "state": "retired"})
    else:
        shown.line(f"{known.name}: retired")


def link(
    child: Annotated[str, typer.Argument(metavar="MODEL", help="The model that was made.", show_default=False)],
    parent: Annotated[str, typer.Argument(metavar="FROM", help="The model that it was made from.", show_default=False)],
    relation: Annotated[
        str, typer.Option("--relation", help="finetune, adapter, merge, quantize, distill, convert or unknown.")
    ] = "unknown",
    evidence: Annotated[str, typer.Option("--evidence", help="declared, config or measured.")] = "declared",
    confidence: Annotated[
        float, typer.Option("--confidence", min=0.0, max=1.0, help="How sure that is, 0 to 1.")
    ] = 1.0,
    role: Role = "steward",
    who: As = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Record what a model was made from; a circle is refused."""
    from touchstone.pipeline import registered
    from touchstone.pipeline.account import account
    from touchstone.registry import records

    with registered.opened(registry) as book:
        one, other = registered.find(book, child), registered.find(book, parent)
        with book.writing() as writer:
            event = records.record_link(writer, (one, other), relation, (evidence, confidence), who or account(), role)
    if as_json:
        shown.emit({"event": event, "model": one.id, "from": other.id, "relation": relation})
    else:
        shown.line(f"{one.name} is a {relation} of {other.name}")


def grant(
    holder: Annotated[str, typer.Argument(metavar="PERSON", help="Who is to act in the role.", show_default=False)],
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="Which role.", show_default=False)],
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], metavar="DATE", help="Its last day.", show_default=False),
    ] = None,
    who: As = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Give a role to a person. From then on it belongs to its holders, who may delegate it with an end."""
    from touchstone.pipeline import registered
    from touchstone.pipeline.account import account
    from touchstone.registry import roles

    with registered.opened(registry, create=True) as book, book.writing(decision=True) as writer:
        event = roles.grant(writer, role, holder, who or account(), until.date() if until else None)
    if as_json:
        shown.emit({"event": event, "role": role, "to": holder})
    else:
        shown.line(f"{holder} holds the role {role}" + (f" until {until.date()}" if until else ""))


def key(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Whose key it is.", show_default=False)],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Public key (PEM, OpenSSH) or X.509 certificate.", show_default=False)
    ],
    role: Role = "steward",
    who: As = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Register a person's public key. From then on nothing is signed in that name without it."""
    from touchstone.pipeline import registered
    from touchstone.pipeline.account import account
    from touchstone.registry import keys

    with registered.opened(registry, create=True) as book, book.writing(decision=True) as writer:
        event = keys.register(writer, person, file, who or account(), role)
    if as_json:
        shown.emit({"event": event, "person": person})
    else:
        shown.line(f"decisions of {person} need the signature of this key from now on")


def erase(
    person: Annotated[
        str, typer.Argument(metavar="PERSON", help="Whose name and reasons are destroyed.", show_default=False)
    ],
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Destroy a person's name and everything personal that they wrote; the log stays whole."""
    from touchstone.pipeline import registered
    from touchstone.registry import people
    from touchstone.registry.effects import Effects

    with registered.opened(registry) as book, book.writing(decision=True) as writer:
        id = people.erase(writer.session, person)
        event = writer.append("erase", id, Effects())
    if as_json:
        shown.emit({"event": event, "person": id})
    else:
        shown.line(f"{person} is erased; events keep the pseudonym {id}")
