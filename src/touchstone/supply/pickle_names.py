"""What a name in a pickle would mean to somebody who opened it: used for the words of a refusal, never for a pass.

A name outside of the inert table is always refused. These lists only tell "this runs a program" from "this is an
object of a library, and we do not open such".
"""

from __future__ import annotations

import sys

from touchstone.supply.inert import Ref
from touchstone.supply.outcome import Kind

_HARMLESS = frozenset({
    "collections.defaultdict", "collections.deque", "collections.UserDict", "collections.UserList", "copyreg._reconstructor",
    "copyreg.__newobj__", "copyreg.__newobj_ex__", "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta",
    "datetime.timezone", "decimal.Decimal", "fractions.Fraction", "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath",
    "pathlib.PurePosixPath", "pathlib.PureWindowsPath", "pathlib.WindowsPath", "pathlib._local.PosixPath", "pathlib._local.WindowsPath",
    "types.SimpleNamespace", "uuid.UUID", "builtins.object", "builtins.dict", "builtins.list", "builtins.tuple", "builtins.int",
    "builtins.float", "builtins.str", "builtins.bool", "builtins.range", "builtins.Ellipsis", "builtins.NotImplemented",
    "array._array_reconstructor", "array.array", "enum.Enum", "enum.IntEnum", "random.Random", "string.Template", "zoneinfo.ZoneInfo",
})  # fmt: skip
"""Of the standard library, what only holds data."""

_STANDARD_LIBRARY = frozenset(sys.stdlib_module_names) | {
    "__builtin__", "__builtins__", "__main__", "commands", "popen2", "nt", "posix", "os2", "ce", "riscos", "cPickle", "exceptions",
    "thread", "dummy_thread", "imp", "distutils", "asyncore", "asynchat", "smtpd", "pipes", "crypt", "nntplib", "telnetlib", "cgi",
    "pip", "setuptools", "pkg_resources", "_distutils_hack", "wheel", "test", "idlelib", "lib2to3", "turtledemo",
}  # fmt: skip
_GADGETS = (
    "numpy.f2py", "numpy.testing", "numpy.distutils", "numpy.ctypeslib", "numpy.lib.npyio", "numpy.load", "torch.utils", "torch.hub",
    "torch.serialization", "torch.load", "torch.jit", "torch._dynamo", "torch._inductor", "torch.fx", "torch.distributed",
    "torch.multiprocessing", "torch.package", "torch._C", "torch.ops", "torch.classes", "torch._functorch", "torch.testing",
    "pandas.eval", "pandas.read_pickle", "pandas.io", "pandas.core.computation", "scipy.io", "sympy", "IPython", "ipykernel", "jupyter",
    "joblib.load", "joblib.externals", "joblib.parallel", "jinja2", "mako", "yaml", "cffi", "numba", "pytest",
    "_pytest", "paramiko", "fabric", "invoke", "sh.", "plumbum", "docker", "requests", "urllib3", "httpx", "aiohttp", "click",
    "django", "flask", "tornado", "twisted", "gunicorn", "celery", "transformers.pipelines", "transformers.dynamic_module_utils",
    "transformers.utils", "tensorflow", "keras.models", "keras.saving", "networkx.readwrite", "nltk", "lightgbm.cv", "mlflow",
    "polars", "dask", "ray", "pyspark", "bdb", "cgitb", "code",
)  # fmt: skip
_RUNNING = frozenset({
    "system", "popen", "exec", "eval", "execfile", "compile", "run", "call", "check_call", "check_output", "Popen", "spawn", "spawnl",
    "spawnv", "fork", "execl", "execv", "execve", "import_module", "__import__", "getattr", "getattr_static", "resolve_name", "loads",
    "load", "myeval", "run_path", "run_module", "runcode", "runsource", "runctx", "open", "urlopen", "urlretrieve", "getoutput",
    "getstatusoutput", "startfile", "rmtree", "remove", "unlink", "attrgetter", "methodcaller", "partial", "apply", "timeit", "repeat",
})  # fmt: skip
_LIBRARIES = frozenset({
    "catboost", "cloudpickle", "datasets", "dill", "detectron2", "diffusers", "fairseq", "fairseq2", "fastai", "flax", "gensim", "hydra", "huggingface_hub",
    "jax", "jaxlib", "joblib", "keras", "lightgbm", "lightning", "lightning_fabric", "lightning_utilities", "mmcv", "mmdet", "mmengine",
    "models", "nemo", "numpy", "omegaconf", "optax", "pandas", "peft", "PIL", "pyannote", "pytorch_lightning", "safetensors", "scipy",
    "sentence_transformers", "skimage", "sklearn", "sklearn_crfsuite", "skops", "spacy", "speechbrain", "statsmodels", "tensorflow",
    "thinc", "timm", "tokenizers", "torch", "torch_geometric", "torchaudio", "torchmetrics", "torchtext", "torchvision", "transformers",
    "ultralytics", "umap", "xgboost",
})  # fmt: skip


def kind_of(ref: Ref, called: bool) -> Kind:
    """Whether a name outside of the table would run a program or only build an object of a library.

    Parameters
    ----------
    ref : the name, outside of the inert table
    called : whether the pickle calls it as a function, rather than making an instance or only naming it
    """
    written, root, last = str(ref), ref.module.split(".")[0], ref.name.split(".")[-1]
    if written in _HARMLESS:
        return Kind.UNSUPPORTED
    if root in _STANDARD_LIBRARY - {"__main__"} or written.startswith(_GADGETS):
        return Kind.HOSTILE
    if called and (last in _RUNNING or "." in ref.name):
        return Kind.HOSTILE
    if root in _LIBRARIES or last[:1].isupper() or not called:
        return Kind.UNSUPPORTED
    return Kind.HOSTILE


def in_words(ref: Ref) -> str:
    """The full dotted name, fit to be shown."""
    return ascii(str(ref))[1:-1][:160]
