"""Models, versions, runs, aliases and stages of a real MLflow server are taken in, and a verdict goes back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.small_run import finished
from tests.registry import mlflow_servers, trees
from touchstone.core.errors import RegistryError
from touchstone.pipeline import publishing, registered
from touchstone.registry import foreign
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity, Link
from touchstone.registry.lineage import ancestors, exposed, facts, find, links, listed
from touchstone.registry.mlflow_server import Server
from touchstone.registry.products import models_of
from touchstone.registry.verify import verify

needs_a_server = pytest.mark.skipif(bool(mlflow_servers.WHY_NOT), reason=mlflow_servers.WHY_NOT or "there is one")
pytestmark = pytest.mark.filterwarnings("ignore")  # of MLflow's own libraries
HOSTILE = "'; DROP TABLE event; -- <script>alert(1)</script> \u202e\x1b[2J ü"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_servers.running(tmp_path_factory.mktemp("mlflow")) as found:
        yield found


@pytest.fixture
def client(address: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow.tracking import MlflowClient
    empty = MlflowClient(address, address)
    for one in empty.search_registered_models():
        empty.delete_registered_model(one.name)
    return empty


def fill(client: Any, name: str) -> str:
    """Two versions with a run, an alias, tags, a copy; the id of the run."""
    run = client.create_run("0", run_name="night")
    client.log_param(run.info.run_id, "depth", "7")
    client.log_metric(run.info.run_id, "f1", 0.91)
    client.log_metric(run.info.run_id, "loss", float("nan"))
    client.set_terminated(run.info.run_id)
    client.create_registered_model(name, tags={"team": HOSTILE})
    for number in (1, 2):
        tags = {"note": HOSTILE, "base_model": "base", "mlflow.user": "carol"}
        client.create_model_version(name, f"s3://ann:secret@bucket/{number}", run.info.run_id, tags=tags)
    client.create_registered_model(f"{name}-prod")
    client.create_model_version(f"{name}-prod", f"models:/{name}/2")
    client.set_registered_model_alias(name, "champion", "1")
    return str(run.info.run_id)


def taken(registry: Registry, address: str) -> foreign.TakenIn:
    with Server.at(address) as server:
        return foreign.take_in(registry, server.versions(), server.runs, "ann", "steward")


@needs_a_server
def test_models_versions_runs_and_aliases_are_taken_in_once(registry: Registry, address: str, client: Any) -> None:
    trees.model(registry, "base")
    run = fill(client, "fraud")
    first = taken(registry, address)
    assert (first.versions, first.runs, first.pointers, first.ended) == (3, 1, 1, 0)
    again = taken(registry, address)
    assert (again.versions, again.known, again.pointers, again.ended) == (0, 3, 0, 0)
    with registry.reading() as session:
        second = find(session, "fraud/2")
        told = facts(session, second)
        assert told["tags"] == {"note": HOSTILE, "base_model": "base"}
        assert "secret" not in str(told)
        made_by = next(one for one in links(session, second) if one["relation"] == "made by")
        experiment = facts(session, find(session, made_by["to"]))
        assert (experiment["run"], experiment["params"], experiment["metrics"]) == (
            run,
            {"depth": "7"},
            {"f1": 0.91, "loss": "nan"},
        )
        assert {one.name for one, _ in ancestors(session, find(session, "fraud-prod/1"))} == {"fraud/2", "base"}
        assert [one.name for one in models_of(session, find(session, "fraud@champion"))] == ["fraud/1"]
    assert verify(registry).whole


@needs_a_server
def test_what_was_in_production_stays_when_an_alias_moves_on(registry: Registry, address: str, client: Any) -> None:
    fill(client, "churn")
    taken(registry, address)
    client.set_registered_model_alias("churn", "champion", "2")
    assert (taken(registry, address).pointers, taken(registry, address).ended) == (1, 0)
    client.delete_registered_model_alias("churn", "champion")
    assert taken(registry, address).ended == 1
    with registry.reading() as session:
        known = [one for one in listed(session, "alias") if one.name == "churn@champion"]
        assert [one.state for one in known] == ["ended", "ended"]
        assert [[m.name for m in models_of(session, one)] for one in known] == [["churn/2"], ["churn/1"]]


@needs_a_server
def test_a_product_on_an_imported_version_is_exposed_to_its_base(registry: Registry, address: str, client: Any) -> None:
    trees.model(registry, "base")
    fill(client, "spam")
    taken(registry, address)
    with registry.writing() as writer:
        used = find(writer.session, "spam-prod/1")
        plain = Entity("product:mail", "product", "mail", {"owner": "ann", "criticality": 1})
        writer.append("register", plain.id, Effects(plain, (Link(plain.id, "uses", used.id),)))
    with registry.reading() as session:
        assert [one.name for one, _ in exposed(session, find(session, "base"))] == ["mail"]


@needs_a_server
def test_a_verdict_is_pushed_and_replaced_by_a_later_one(
    address: str, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from touchstone.pipeline.decisions import Person, sign

    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TOUCHSTONE_REGISTRY", raising=False)
    fill(client, "shapes")
    run = finished(tmp_path / "s")
    told = publishing.push(run, address, "shapes/2", "https://example.org/report.html", "ann", None)
    tags = client.get_model_version("shapes", "2").tags
    assert {key: tags[key] for key in told.tags} == told.tags
    assert (tags["touchstone.verdict"], tags["touchstone.reasons"]) == ("hold", "govern.signoff")
    assert tags["touchstone.report"] == "https://example.org/report.html"
    sign(run, Person("owner", "looked", "bob"), "approve")
    publishing.push(run, address, "shapes@champion", "", "ann", None)
    tags = client.get_model_version("shapes", "1").tags
    assert (tags["touchstone.verdict"], tags["touchstone.reasons"], tags["touchstone.report"]) == (
        "ship",
        "none",
        "none",
    )
    assert "bob" not in str(tags)
    with registered.opened(None) as book:
        assert verify(book).whole
        with book.reading() as session:
            assert find(session, tags["touchstone.model"]).id in {
                one.id for one, _ in ancestors(session, find(session, "shapes/1"))
            }


@needs_a_server
@pytest.mark.parametrize("named", ["nobody/1", "nobody@champion", "fraud", "a:b/1", ""])
def test_a_version_that_is_not_there_is_one_clear_line(address: str, named: str) -> None:
    with Server.at(address) as server, pytest.raises(RegistryError) as caught:
        server.version(named)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.skipif(
    mlflow_servers.importlib.util.find_spec("mlflow") is None, reason="the extra mlflow is not installed"
)
def test_a_server_that_does_not_answer_is_one_clear_line(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="is it an MLflow server, and running") as caught:
        taken(registry, "http://ann:secret@127.0.0.1:9")
    assert "secret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("address", ["sqlite:///mlflow.db", "databricks", "file:///tmp", "http://", ""])
def test_an_address_of_another_kind_is_refused(registry: Registry, address: str) -> None:
    with pytest.raises(RegistryError, match="no address of a server"):
        taken(registry, address)


def version(model: foreign.ForeignModel, number: int, **more: Any) -> foreign.ForeignVersion:
    return foreign.ForeignVersion(model, str(number), f"2026-01-01T00:00:{number:02}.000Z", **more)


def test_an_import_that_was_stopped_goes_on(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "AT_ONCE", 2)
    model = foreign.ForeignModel("m", "2026", "http://x")
    every = [version(model, number) for number in range(1, 6)]

    def broken() -> Iterator[foreign.ForeignVersion]:
        yield from every[:4]
        raise RegistryError("gone")

    with pytest.raises(RegistryError):
        foreign.take_in(registry, broken(), lambda _: {}, "ann", "steward")
    found = foreign.take_in(registry, every, lambda _: {}, "ann", "steward")
    assert (found.versions, found.known) == (1, 4)
    assert verify(registry).whole


def test_two_servers_with_models_of_one_name_are_kept_apart(registry: Registry) -> None:
    for made in ("2025", "2026"):
        model = foreign.ForeignModel("m", made, "http://x", frozenset({("champion", "1")}))
        found = foreign.take_in(registry, [version(model, 1)], lambda _: {}, "ann", "steward")
        assert (found.versions, found.pointers, found.ended) == (1, 1, 0)


def test_a_stage_is_a_pointer_that_several_versions_may_hold(registry: Registry) -> None:
    model = foreign.ForeignModel("m", "2026", "http://x")
    both = [version(model, number, stage="Production") for number in (1, 2)]
    assert foreign.take_in(registry, both, lambda _: {}, "ann", "steward").pointers == 2
    later = [version(model, 1), both[1]]
    assert foreign.take_in(registry, later, lambda _: {}, "ann", "steward").ended == 1


def test_an_auditor_takes_in_nothing(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="auditor reads"):
        foreign.take_in(registry, [], lambda _: {}, "ann", "auditor")
