"""Nothing that came from elsewhere becomes code: no unpickling, no evaluation, no model fetched while it is loaded."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
OURS = sorted(file for room in ("pipeline", "dags", "plugins") for file in (CHECKOUT / room).rglob("*.py"))

# Reading any of these runs what the file says.
CODE = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "shelve"}
BUILT_IN = {"eval", "exec", "compile", "__import__"}
UNSAFE = {
    "yaml.load", "yaml.full_load", "yaml.unsafe_load", "pandas.read_pickle", "torch.hub.load", "torch.jit.load",
    "shutil.unpack_archive",
}  # fmt: skip
# What a call must say, by its name: the default may be another.
SAYS: dict[str, dict[str, bool]] = {
    "np.load": {"allow_pickle": False},
    "numpy.load": {"allow_pickle": False},
    "np.savez": {"allow_pickle": False},
    "torch.load": {"weights_only": True},
}


def faults(source: str) -> Iterator[str]:
    """Yield what in a module would turn data into code."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (f"imports {one.name}" for one in node.names if one.name.partition(".")[0] in CODE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in CODE:
            yield f"imports {node.module}"
        elif isinstance(node, ast.Call):
            yield from in_call(node)


def dotted(node: ast.expr) -> str:
    """Return ``a.b.c``; what is called on a result begins with a dot."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def in_call(node: ast.Call) -> Iterator[str]:
    name = dotted(node.func)
    said = {one.arg: one.value.value for one in node.keywords if isinstance(one.value, ast.Constant)}
    if name in BUILT_IN | UNSAFE:
        yield f"calls {name}"
    if name.endswith((".extractall", ".extract")):
        yield f"calls {name}: members are read one by one, by name"
    wanted = dict(SAYS.get(name, {}))
    if name.endswith(".from_pretrained"):
        wanted["local_files_only"] = True
        if "Auto" in name:
            wanted["trust_remote_code"] = False
            if "Tokenizer" not in name and not said.get("weights_only"):
                wanted["use_safetensors"] = True
    yield from (f"{name} without {key}={value}" for key, value in wanted.items() if said.get(str(key)) is not value)


def test_no_module_turns_data_into_code() -> None:
    found = {str(file.relative_to(CHECKOUT)): list(faults(file.read_text(encoding="utf-8"))) for file in OURS}
    assert {file: told for file, told in found.items() if told} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "def f():\n    import marshal",
        "eval('1')",
        "torch.load(file)",
        "torch.load(file, weights_only=False)",
        "np.load(file, allow_pickle=True)",
        "np.load(file)",
        "yaml.load(text)",
        "archive.extractall(folder)",
        "AutoModel.from_pretrained(name, trust_remote_code=False, use_safetensors=True)",
        "AutoModel.from_pretrained(name, local_files_only=True, use_safetensors=True)",
        "AutoModel.from_pretrained(name, local_files_only=True, trust_remote_code=False)",
        "AutoModel.from_pretrained(name, local_files_only=True, trust_remote_code=False, weights_only=False)",
        "AutoTokenizer.from_pretrained(name, local_files_only=True, trust_remote_code=True)",
        "Tokenizer.from_pretrained(name)",
    ],
)
def test_what_would_is_found(source: str) -> None:
    assert list(faults(source)) != []


def test_the_loaders_were_looked_at() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in OURS)
    assert text.count(".from_pretrained(") >= 5
    assert "torch.load(" in text
