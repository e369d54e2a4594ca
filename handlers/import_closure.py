"""Which files of the project a module needs: its import closure, read from the source code.

Lambda packages, the training job's source, digests of code and the inputs of a synthesis are all
made of import closures, so a new module belongs to them as soon as one of their modules imports it.
The analysis is static. It follows every import statement, also one inside a function, and the
`__init__` of every package on the way. It ignores `if TYPE_CHECKING:` blocks, which never run, and
refuses what it cannot follow. Data files are not found by it: its callers name them.
"""

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Named, because the root of a Lambda package holds third-party packages as well.
PROJECT_PACKAGES = frozenset({"handlers", "infra", "monitoring", "training"})
_IMPORT_FUNCTIONS = frozenset({"__import__", "import_module"})


class ImportClosureError(ValueError):
    """An import cannot be followed; the message names the file, the line and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportClosure:
    """The files of some modules and of all that they import, directly or not."""

    root: Path
    files: tuple[str, ...]  # paths relative to `root`, with slashes, sorted
    third_party: frozenset[str]  # top-level names outside the project and the standard library

    def digest(self, *data_files: str) -> str:
        """Return the SHA-256, in hex, of the paths and contents of the files and of `data_files`.

        The data files are paths relative to `root`, in any order.
        """
        digest = hashlib.sha256()
        for name in sorted({*self.files, *data_files}):
            digest.update(f"{name}\0".encode())
            digest.update((self.root / name).read_bytes() + b"\0")
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Import:
    """One name of an import statement, made absolute."""

    module: str  # `x` of `import x` and of `from x import y`
    name: str | None  # `y` of `from x import y`: an attribute of the module, or a submodule
    line: int


def import_closure(*entries: str, root: Path = ROOT) -> ImportClosure:
    """Return the closure of modules given by dotted name, such as `handlers.workflow.serialize`.

    Raises: ImportClosureError for a module of the project that is missing under `root`, a file
    that is not Python, a dynamic import, and a wildcard import from the project.
    """
    files: set[str] = set()
    third_party: set[str] = set()
    visited: set[str] = set()
    waiting = [(entry, "entry") for entry in entries]
    while waiting:
        module, importer = waiting.pop()
        if module in visited:
            continue
        visited.add(module)
        path = _module_file(module, root)
        if path is None:
            raise ImportClosureError(f"{importer}: no module {module}")
        file = path.relative_to(root).as_posix()
        files.add(file)
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        waiting += [(parent, file) for parent in _parents(module)]
        for imported in _imports(path.read_text(encoding="utf-8"), file, package):
            top = imported.module.partition(".")[0]
            if top in PROJECT_PACKAGES:
                waiting.append((imported.module, f"{file}:{imported.line}"))
                submodule = f"{imported.module}.{imported.name}"
                if imported.name and _module_file(submodule, root):
                    waiting.append((submodule, file))
            elif top not in sys.stdlib_module_names:
                third_party.add(top)
    return ImportClosure(root=root, files=tuple(sorted(files)), third_party=frozenset(third_party))


def _module_file(module: str, root: Path) -> Path | None:
    """Return the file that Python runs for a module; a package comes before a module, as there."""
    stem = root.joinpath(*module.split("."))
    candidates = (stem / "__init__.py", stem.with_name(f"{stem.name}.py"))
    return next((path for path in candidates if path.is_file()), None)


def _parents(module: str) -> Iterator[str]:
    """Yield the packages around a module: `a.b` and `a` for `a.b.c`."""
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


@lru_cache(maxsize=1024)  # closures overlap: most files belong to several
def _imports(source: str, file: str, package: str) -> tuple[_Import, ...]:
    """Return the imports of a source file that run. Raises: ImportClosureError."""
    try:
        tree = ast.parse(source, file)
    except SyntaxError as error:
        raise ImportClosureError(f"{file}:{error.lineno}: {error.msg}") from error
    imports: list[_Import] = []
    for node in _running_nodes(tree):
        if isinstance(node, ast.Name | ast.Attribute) and _is_import_function(node):
            raise ImportClosureError(f"{file}:{node.lineno}: a dynamic import cannot be followed")
        imports += _imports_of(node, package)
    for imported in imports:
        if imported.module == "runpy" or imported.name in _IMPORT_FUNCTIONS:
            raise ImportClosureError(f"{file}:{imported.line}: a dynamic import cannot be followed")
        if imported.name == "*" and imported.module.partition(".")[0] in PROJECT_PACKAGES:
            raise ImportClosureError(
                f"{file}:{imported.line}: a wildcard import cannot be followed"
            )
    return tuple(imports)


def _imports_of(node: ast.AST, package: str) -> Iterator[_Import]:
    """Yield the imports of a statement of a module of `package`."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield _Import(module=alias.name, name=None, line=node.lineno)
    elif isinstance(node, ast.ImportFrom):
        module = _absolute_module(node, package)
        for alias in node.names:
            yield _Import(module=module, name=alias.name, line=node.lineno)


def _is_import_function(node: ast.Name | ast.Attribute) -> bool:
    if isinstance(node, ast.Name):
        return node.id == "__import__"
    return node.attr in _IMPORT_FUNCTIONS


def _running_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every node but those in the body of `if TYPE_CHECKING:`."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        children: Iterable[ast.AST] = ast.iter_child_nodes(node)
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            children = node.orelse
        waiting.extend(children)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def _absolute_module(node: ast.ImportFrom, package: str) -> str:
    """Return the module of `from … import`; each dot after the first is one package up."""
    if not node.level:
        return node.module or ""
    base = package.split(".")
    base = base[: len(base) - (node.level - 1)]
    return ".".join([*base, *([node.module] if node.module else [])])
