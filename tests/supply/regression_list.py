"""The kinds of picklescan's public regression files (its 1.0.5), built by code: none of its files is copied.

Each name below once passed a scanner that goes by lists of bad names; the advisory is that scanner's own.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile

from tests.supply.hostile_list import Build, npy_of_objects, one
from tests.supply.opcodes import PROTO4, STOP, SYSTEM, benign_pickle, call, calling, name, text, torch_zip, zipped

NAMES: tuple[tuple[str, str, str], ...] = (
    ("eval", "builtins", "eval"),
    ("exec", "builtins", "exec"),
    ("posix.system", "posix", "system"),
    ("httplib", "httplib", "HTTPSConnection"),
    ("requests", "requests.api", "get"),
    ("aiohttp", "aiohttp.client", "ClientSession"),
    ("a socket", "socket", "create_connection"),
    ("subprocess", "subprocess", "run"),
    ("sys.exit", "sys", "exit"),
    ("runpy._run_code", "runpy", "_run_code"),
    ("a debugger", "bdb", "Bdb.run"),
    ("venv", "venv", "create"),
    ("inductor", "torch._inductor.codecache", "compile_file"),
    ("pipepager", "pydoc", "pipepager"),
    ("torch.load", "torch.serialization", "load"),
    ("partial", "functools", "partial"),
    ("pip", "pip", "main"),
    ("timeit", "timeit", "timeit"),
    ("runstring", "numpy.testing._private.utils", "runstring"),
    ("GHSA-4r9r-ch6f-vxmx", "torch.utils.bottleneck.__main__", "run_cprofile"),
    ("GHSA-4whj-rm5r-c2v8", "torch.utils.bottleneck.__main__", "run_autograd_prof"),
    ("GHSA-86cj-95qr-2p4f", "torch._dynamo.guards", "GuardBuilder.get"),
    ("GHSA-f4x7-rfwp-v3xw", "torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression"),
    ("GHSA-f745-w6jp-hpxx", "torch.utils.collect_env", "run"),
    ("GHSA-jhph-76pp-mggw", "torch.utils.collect_env", "run_and_read_all"),
    ("GHSA-h3qp-7fh3-f8h4", "torch.utils.data.datapipes.utils.decoder", "basichandlers"),
    ("GHSA-vr7h-p6mm-wpmh", "torch.jit.unsupported_tensor_ops", "execWrapper"),
    ("GHSA-vv6j-3g6g-2pvj", "torch.utils._config_module", "ConfigModule.load_config"),
    ("GHSA-5qwp-399c-mjwf", "trace", "Trace.run"),
    ("GHSA-g344-hcph-8vgg", "trace", "Trace.runctx"),
    ("GHSA-x696-vm39-cp64", "profile", "Profile.run"),
    ("GHSA-6vqj-c2q5-j97w", "profile", "Profile.runctx"),
    ("GHSA-7wx9-6375-f5wh", "profile", "run"),
    ("GHSA-9w88-8rmg-7g2p", "cProfile", "runctx"),
    ("GHSA-49gj-c84q-6qm9", "cProfile", "run"),
    ("GHSA-f54q-57x4-jg88", "lib2to3.pgen2.grammar", "Grammar.loads"),
    ("GHSA-p9w7-82w4-7q8m", "lib2to3.pgen2.pgen", "ParserGenerator.make_label"),
    ("GHSA-3vg9-h568-4w9m", "idlelib.debugobj", "ObjectTreeItem.SetText"),
    ("GHSA-6w4w-5w54-rjvr", "idlelib.autocomplete", "AutoComplete.get_entity"),
    ("GHSA-7cq8-mj8x-j263", "idlelib.autocomplete", "AutoComplete.fetch_completions"),
    ("GHSA-8r4j-24qv-fmq9", "idlelib.calltip", "Calltip.fetch_tip"),
    ("GHSA-9xph-j2h6-g47v", "idlelib.calltip", "get_entity"),
    ("GHSA-m869-42cg-3xwr", "idlelib.run", "Executive.runcode"),
    ("GHSA-j343-8v2j-ff7w", "idlelib.pyshell", "ModifiedInterpreter.runcommand"),
    ("GHSA-3gf5-cxq9-w223", "idlelib.pyshell", "ModifiedInterpreter.runcode"),
    ("GHSA-cj3c-v495-4xqh", "code", "InteractiveInterpreter.runcode"),
    ("GHSA-xp4f-hrf8-rxw7", "ensurepip", "_run_pip"),
    ("GHSA-fqq6-7vqf-w3fg", "doctest", "debug_script"),
    ("GHSA-q77w-mwjj-7mqx", "asyncio.unix_events", "_UnixSubprocessTransport._start"),
    ("GHSA-m273-6v24-x4m4", "distutils.file_util", "write_file"),
    ("GHSA-4675-36f9-wf6r", "ctypes", "CDLL"),
    ("GHSA-vqmv-47xg-9wpr", "pty", "spawn"),
    ("GHSA-r8g5-cgf2-4m4m", "numpy.f2py.crackfortran", "getlincoef"),
    ("GHSA-vvpj-8cmc-gx39", "pkgutil", "resolve_name"),
    ("GHSA-g38g-8gr9-h9xp, uuid", "uuid", "_get_command_stdout"),
    ("GHSA-g38g-8gr9-h9xp, macOS", "_osx_support", "_read_output"),
    ("GHSA-g38g-8gr9-h9xp, AIX", "_aix_support", "_read_cmd_output"),
    ("GHSA-g38g-8gr9-h9xp, imaplib", "imaplib", "IMAP4_stream"),
    ("GHSA-g38g-8gr9-h9xp, pager", "_pyrepl.pager", "pipe_pager"),
    ("GHSA-g38g-8gr9-h9xp, test", "test.support.script_helper", "assert_python_ok"),
    ("FileIO", "_io", "FileIO"),
    ("urlopen", "urllib.request", "urlopen"),
    ("FileHandler", "logging", "FileHandler"),
    ("CodeType", "types", "CodeType"),
    ("pickle.loads", "pickle", "loads"),
    ("_pickle.loads", "_pickle", "loads"),
)
"""What it is, module and name; each is called with one text."""

_EVAL = calling("builtins", "eval", text("1+1"))
_OLD_EVAL = b"c__builtin__\neval\n(V1+1\ntR."


def _called_on(module: str, attribute: str, wanted: str) -> bytes:
    """``attrgetter('system')(__import__('os'))('true')`` and its like."""
    getter = call(module, attribute, text(wanted))
    return PROTO4 + getter + b"(" + call("builtins", "__import__", text("os")) + b"tR(" + text("true") + b"tR" + STOP


def _method_of(module: str, where: bytes) -> bytes:
    """``methodcaller('system', 'true')`` applied to what a call brings."""
    return PROTO4 + call(module, "methodcaller", text("system"), text("true")) + b"(" + where + b"tR" + STOP


def _protocol(number: int, module: str, attribute: str, argument: str) -> bytes:
    return (
        b"\x80"
        + bytes([number])
        + f"c{module}\n{attribute}\n(X".encode()
        + struct.pack("<I", len(argument))
        + argument.encode()
        + b"tR."
    )


def _compile() -> bytes:
    """The oldest trick in protocol 0: code compiled, then applied."""
    return b"c__builtin__\neval\n(c__builtin__\ncompile\n(V1+1\nVx\nVeval\ntRc__builtin__\nglobals\n(tRtR."


def _code_of_cloudpickle() -> bytes:
    code = call("types", "CodeType", b"K\x00", b"K\x00", b"K\x00", b"K\x00", b"K\x00", b"C\x00", b")", b")", b")")
    return PROTO4 + name("cloudpickle.cloudpickle", "_make_function") + b"(" + code + b"}NNNtR" + STOP


def _sum(number: int) -> bytes:
    """A checkpoint whose magic number is computed, so that who looks for the number alone does not see it."""
    head = PROTO4 + call("builtins", "eval", text(hex(number))) + STOP
    return head + PROTO4 + b"M\xe9\x03." + PROTO4 + b"}." + SYSTEM + PROTO4 + b"]."


def _bits(flag: int) -> bytes:
    """A zip whose records carry a flag that this version of the format does not have there."""
    data = bytearray(zipped({"data.pkl": _EVAL}))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(sign)
        data[at + place] |= flag
    return bytes(data)


def _other_name_in_front() -> bytes:
    data = zipped({"data.pkl": _EVAL})
    return data.replace(b"data.pkl", b"date.txt", 1)


def _wrong_sum() -> bytes:
    data = bytearray(zipped({"data.pkl": _EVAL}))
    for sign, place in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        data[data.find(sign) + place] ^= 0xFF
    return bytes(data)


def _objects(*, deflated: bool) -> bytes:
    return zipped({"a.npy": npy_of_objects(), "b.npy": npy_of_objects()}, deflated=deflated)


def _hidden_deep() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("deep/er/data.bin", _EVAL)
    return zipped({"inner.zip": inner.getvalue()})


_BDB = PROTO4 + name("bdb", "Bdb") + b")R" + b"0" + call("bdb", "Bdb.run", text("1+1")) + STOP
_UNKNOWN_MEMO = PROTO4 + text("os") + text("system") + b"\x93(" + text("true") + b"tRh\x63" + STOP
_NUMBER_AS_MODULE = PROTO4 + b"K\x2a" + text("os") + b"\x93" + SYSTEM[2:]
_BROKEN_TEXT = b"\x80\x04cos\nsystem\n(" + text("true") + b"tR0c\xff\xfe\nx\n."
_START = calling("asyncio.unix_events", "_UnixSubprocessTransport._start", text("true"))
_CALL_THEN_BREAK = SYSTEM[:-1] + b"\x8c\xf0cut"

SHAPES: tuple[tuple[str, Build], ...] = (
    ("eval in protocol 0", one("model.pkl", _OLD_EVAL)),
    ("eval in protocol 3", one("model.pkl", _protocol(3, "builtins", "eval", "1+1"))),
    ("system in protocol 2", one("model.pkl", _protocol(2, "posix", "system", "true"))),
    ("compile, globals and eval", one("model.pkl", _compile())),
    ("a debugger that is made, then used", one("model.pkl", _BDB)),
    ("GHSA-84r2-jw7c-4r5q: locate and methodcaller", one("model.pkl", _method_of("operator", call("pydoc", "locate", text("os"))))),
    ("GHSA-955r-x9j8-7rhh: _operator.methodcaller", one("model.pkl", _method_of("_operator", call("builtins", "__import__", text("os"))))),
    ("GHSA-46h3-79wf-xr6c: _operator.attrgetter", one("model.pkl", _called_on("_operator", "attrgetter", "system"))),
    ("operator.attrgetter", one("model.pkl", _called_on("operator", "attrgetter", "system"))),
    ("importlib", one("model.pkl", PROTO4 + call("importlib", "import_module", text("os")) + STOP)),
    ("a module put in place of another", one("model.pkl", PROTO4 + name("sys", "modules") + text("torch") + name("os", "system") + b"s" + STOP)),
    ("functions rebuilt from code", one("model.pkl", _code_of_cloudpickle())),
    ("GHSA-9m3x-qqw2-h32h: a pickle in a pickle", one("model.pkl", calling("pickle", "loads", b"C" + bytes([len(_OLD_EVAL)]) + _OLD_EVAL))),
    ("the same over a text", one("model.pkl", calling("_pickle", "loads", call("_codecs", "encode", text(_OLD_EVAL.decode()), text("latin1"))))),
    ("a name that was never remembered", one("model.pkl", _UNKNOWN_MEMO)),
    ("a module that is a number", one("model.pkl", _NUMBER_AS_MODULE)),
    ("a name that is no UTF-8, after the call", one("model.pkl", _BROKEN_TEXT)),
    ("a text cut short, after the call", one("model.pkl", _CALL_THEN_BREAK)),
    ("a rebuilt tensor by a misspelt name", one("model.pkl", PROTO4 + call("_rebuild_tensor", "unknown", b"N") + STOP)),
    ("a tensor's function as an attribute", one("model.pkl", PROTO4 + call("torch", "_utils", b"N") + STOP)),
    ("GHSA-jgw4-cr84-mqxg: a plain pickle named .bin", one("pytorch_model.bin", _START)),
    ("a pickle named .pickle", one("model.pickle", _EVAL)),
    ("a magic number that is computed", one("model.pt", _sum(0x1950A86A20F9469CFC6C))),
    ("a pickle in a zip", one("model.zip", zipped({"data.pkl": _EVAL}))),
    ("a pickle of another extension in a zip", one("model.zip", zipped({"data.txt": _EVAL}))),
    ("a zip in a zip", one("model.zip", _hidden_deep())),
    ("a zip, one bit says enciphered", one("model.zip", _bits(0x01))),
    ("a zip, one bit says patched", one("model.zip", _bits(0x20))),
    ("a zip, one bit says strong cipher", one("model.zip", _bits(0x40))),
    ("a zip with another name in front", one("model.zip", _other_name_in_front())),
    ("a zip with a wrong sum", one("model.zip", _wrong_sum())),
    ("a zip named .pt with nothing of a checkpoint", one("model.pt", zipped({"x.pkl": _EVAL}))),
    ("a checkpoint whose pickle calls", one("model.pt", torch_zip(_EVAL))),
    ("7z", one("model.7z", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(64))),
    ("an array of objects that calls", one("array.npy", npy_of_objects())),
    ("several of them", one("arrays.npz", _objects(deflated=False))),
    ("several of them, packed", one("arrays.npz", _objects(deflated=True))),
    ("a pickle behind a pickle", one("model.pkl", benign_pickle() + _EVAL)),
    ("a picture named .pt", one("model.pt", b"\x89PNG\r\n\x1a\n" + bytes(64))),
    ("a pickle that breaks off", one("model.pkl", pickle.dumps({"a": list(range(300))}, protocol=4)[:-40])),
)  # fmt: skip
"""What it is, and how it is built: tricks with opcodes, with streams and with containers."""

FILES: tuple[tuple[str, Build], ...] = (
    *((f"{what}: {module}.{attribute}", one("model.pkl", calling(module, attribute, text("1")))) for what, module, attribute in NAMES),
    *SHAPES,
)  # fmt: skip
