"""An MLflow server, asked through MLflow's own client: names, versions and runs out, a verdict in. No model is ever loaded."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from touchstone.core.errors import Fault, MissingExtra, RegistryError
from touchstone.registry.foreign import LONGEST_VALUE, ForeignModel, ForeignRun, ForeignVersion
from touchstone.registry.log import stamp

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

T = TypeVar("T")
_PATIENCE = {
    # MLflow reads these from the environment alone; by itself it would try for many minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
_COPY = re.compile(r"models:/([^/@]+)/(\d+)")
_ITS_OWN = "mlflow."
"""How the tags begin that MLflow writes for itself; they hold names of people and paths."""
_MODELS, _VERSIONS, _RUNS, _IDS = 1000, 10_000, 1000, 500
"""Answers a page, and ids a question."""


class Server:
    """An MLflow server that answers."""

    def __init__(self, client: MlflowClient, told: str) -> None:
        self._client, self.told = client, told

    @classmethod
    @contextmanager
    def at(cls, address: str) -> Iterator[Server]:
        """A server by its address.

        Raises
        ------
        RegistryError
            where the address is of another kind; what it does not answer later is one too
        """
        scheme, _, rest = address.partition("://")
        if scheme not in ("http", "https") or not rest:
            raise RegistryError(
                Fault(
                    "--mlflow",
                    f"{address[:80]!r} is no address of a server",
                    "give http://host:port of an MLflow server",
                )
            )
        before = {name: os.environ.get(name) for name in _PATIENCE}
        os.environ.update({name: value for name, value in _PATIENCE.items() if before[name] is None})
        chatter = logging.getLogger("urllib3")
        level = chatter.level
        chatter.setLevel(logging.ERROR)  # a server that is away is told once, by us
        try:
            yield cls(_client(address), _open(address)[:LONGEST_VALUE])
        finally:
            chatter.setLevel(level)
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)

    def versions(self) -> Iterator[ForeignVersion]:
        """Every version of every registered model, oldest first."""
        models = self._models()
        for one in self._pages(
            self._client.search_model_versions, max_results=_VERSIONS, order_by=["creation_timestamp ASC"]
        ):
            family = models.get(one.name)
            if family is not None:  # registered while we were asking
                yield _version(one, family)

    def version(self, named: str) -> ForeignVersion:
        """One version: ``NAME/VERSION`` or ``NAME@ALIAS``.

        Raises
        ------
        RegistryError
            where the server knows none of this name
        """
        meant = re.fullmatch(r"(?:models:/)?([^/@:]+)([/@])(.+)", named)
        if meant is None:
            raise RegistryError(Fault("--to", f"{named[:80]!r} names no version", "NAME/VERSION or NAME@ALIAS"))
        name, sign, which = meant.groups()
        ask = self._client.get_model_version if sign == "/" else self._client.get_model_version_by_alias
        found = self._asked(partial(ask, name, which))
        model = self._asked(partial(self._client.get_registered_model, name))
        return _version(found, self._model(model))

    def runs(self, ids: Sequence[str]) -> dict[str, ForeignRun]:
        """Runs by their ids; those that were deleted are left out."""
        from mlflow.entities import ViewType

        every = [
            one.experiment_id
            for one in self._pages(self._client.search_experiments, max_results=_MODELS, view_type=ViewType.ALL)
        ]
        found: dict[str, ForeignRun] = {}
        for start in range(0, len(ids), _IDS):
            # Ids come from the server itself; one that is no plain word is not asked for.
            some = [id for id in ids[start : start + _IDS] if re.fullmatch(r"[\w-]+", id)]
            if not some:
                continue
            wanted = "attributes.run_id IN ({})".format(", ".join(f"'{id}'" for id in some))
            for run in self._pages(
                self._client.search_runs, experiment_ids=every, filter_string=wanted, max_results=_RUNS
            ):
                found[run.info.run_id] = _run(run)
        return found

    def tag(self, one: ForeignVersion, tags: Mapping[str, str]) -> None:
        """Write tags onto a version; those that are there are replaced."""
        for key, value in tags.items():
            self._asked(partial(self._client.set_model_version_tag, one.model.name, one.version, key, value))

    def _models(self) -> dict[str, ForeignModel]:
        return {
            one.name: self._model(one)
            for one in self._pages(self._client.search_registered_models, max_results=_MODELS)
        }

    def _model(self, one: Any) -> ForeignModel:
        labels = frozenset((str(alias), str(version)) for alias, version in dict(one.aliases or {}).items())
        return ForeignModel(str(one.name), _moment(one.creation_timestamp), self.told, labels)

    def _pages(self, ask: Callable[..., Any], **options: Any) -> Iterator[Any]:
        token: str | None = None
        while True:
            page = self._asked(partial(ask, page_token=token, **options))
            yield from page
            token = page.token
            if not token:
                return

    def _asked(self, ask: Callable[[], T]) -> T:
        """The one place where what MLflow raises becomes ours."""
        from mlflow.exceptions import MlflowException

        try:
            return ask()
        except MlflowException as fault:
            said = _open(" ".join(str(fault).split()))[:200]
            raise RegistryError(
                Fault(self.told, f"did not answer as asked ({said})", "is it an MLflow server, and running?")
            ) from fault


def _open(text: str) -> str:
    """Text without the names and passwords that addresses carry."""
    return re.sub(r"//[^/@\s]*@", "//", text)


def _client(address: str) -> MlflowClient:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries that come along; nothing that our user could mend
        try:
            from mlflow.tracking import MlflowClient
        except ModuleNotFoundError as fault:
            raise MissingExtra("speaking with an MLflow server", "mlflow") from fault
        return MlflowClient(tracking_uri=address, registry_uri=address)


def _version(one: ModelVersion, family: ForeignModel) -> ForeignVersion:
    source = _open(str(one.source or ""))
    copied = _COPY.fullmatch(source)
    stage = str(one.current_stage or "")
    return ForeignVersion(
        family, str(one.version), _moment(one.creation_timestamp), source[:LONGEST_VALUE], str(one.run_id or ""),
        (copied[1], copied[2]) if copied else None, "" if stage in ("None", "Archived") else stage, _tags(one.tags),
    )  # fmt: skip


def _run(one: Run) -> ForeignRun:
    params = {str(key): str(value) for key, value in one.data.params.items()}
    metrics = {str(key): float(value) for key, value in one.data.metrics.items()}
    return ForeignRun(
        str(one.info.run_id),
        str(one.info.run_name or ""),
        str(one.info.status),
        _moment(one.info.start_time),
        params,
        metrics,
    )


def _tags(tags: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in tags.items() if not str(key).startswith(_ITS_OWN)}


def _moment(milliseconds: Any) -> str:
    return stamp(datetime.fromtimestamp(int(milliseconds or 0) / 1000, UTC))
