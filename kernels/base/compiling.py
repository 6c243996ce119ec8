"""The one place for compile flags, and where compiled kernels are kept.

The cache folder's name carries a digest of the sources: Numba itself notices a changed function,
but not a changed callee in another module (it would run the old code), so any edit of any source below a
package gets a new folder.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba
import numpy as np
from numba import njit
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.types import unliteral
from numba.core.untyped_passes import FixupArgs, GenericRewrites, IRProcessing, ReconstructSSA, TranslateByteCode

from kernels.base.sources import package_root, source_digest

P = ParamSpec("P")
R = TypeVar("R")
# The steps of Numba's compiler that a kernel needs: no closures, no literal loops, no array expressions, no fallback.
PASSES: Final = (
    TranslateByteCode,
    FixupArgs,
    IRProcessing,
    GenericRewrites,
    ReconstructSSA,
    NopythonTypeInference,
    PreLowerStripPhis,
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
)


@cache
def cache_directory(folder: Path | None = None) -> Path:
    """Return the folder that holds the compiled form of the kernels of ``folder``, a whole package.

    ``NUMBA_CACHE_DIR``, else ``XDG_CACHE_HOME``, else ``~/.cache``; a temporary folder of the user
    where none of them can be written. Bounds-checked code is kept apart from unchecked code.
    """
    here = package_root(Path(__file__))
    folders = (here,) if folder is None or folder == here else (here, folder)
    versions = f"{numba.__version__} {sys.version_info[:3]} {source_digest(*folders)}"
    digest = hashlib.sha256(versions.encode()).hexdigest()[:16]
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    config: Any = numba.config
    checked = "-checked" if config.BOUNDSCHECK else ""
    leaf = Path("darkreplay") / f"{folders[-1].name}-{digest}{checked}"
    path = Path(base).expanduser() / leaf
    try:
        path.mkdir(parents=True, exist_ok=True)
        if os.access(path, os.W_OK):
            return path
    except OSError:
        pass  # a read-only home is common on clusters; compiled code then lives in the temporary folder
    path = Path(tempfile.gettempdir()) / f"darkreplay-{os.getuid()}" / leaf.name
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


class KernelCompiler(CompilerBase):
    """Numba's compiler with the few passes that kernels need."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        passes = PassManager("kernel")
        for kind in PASSES:
            passes.add_pass(kind, kind.__name__)
        passes.finalize()
        return [passes]


def jit(compiler: type[KernelCompiler], **options: Any) -> Any:
    """Return Numba's decorator with the flags of all our code: without the GIL, numpy's division, no fastmath.

    fastmath would make ``isnan`` always false and the last digits depend on the CPU.
    """
    flags: dict[str, Any] = {"nogil": True, "error_model": "numpy", "pipeline_class": compiler}
    return njit(**flags | options)


def compile_cached(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    """Compile ``function`` when it is called; keep what was compiled in the cache folder of its package."""
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_directory(package_root(Path(function.__code__.co_filename))))
    try:
        compiled: Callable[P, R] = jit(KernelCompiler, cache=True, no_cfunc_wrapper=True, **options)(function)
        return compiled
    finally:
        config.CACHE_DIR = before


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls and that makes no arrays: it fills those it is given.

    Arrays that are only lent need no count of references, which is a good part of the code where many are passed.
    """
    return compile_cached(function, _nrt=False)


def allocating_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls and that makes arrays of its own."""
    return compile_cached(function)


class HelperLibrary(JITCodeLibrary):
    """The code of a helper, kept as LLVM's intermediate code until a kernel takes it in.

    Numba by itself optimises each function fully and turns it into machine code, then again as part of each of its
    callers, level by level. Of helpers only the last is ever run, and the rest is more than half of all compiling.
    Should another version of Numba name these steps otherwise, it takes them, and compiling takes longer.
    """

    def _optimize_functions(self, module: object) -> None:
        """Leave it to the kernel, which optimises what it took in as one."""

    def finalize(self) -> None:
        """Be ready to be taken in, without machine code."""
        self._finalized = True

    def _callees(self) -> dict[Any, None]:
        """Return the libraries of all that is called, directly or not, each once."""
        found: dict[Any, None] = {}
        for library in self._linking_libraries:
            found[library] = None
            if isinstance(library, HelperLibrary):
                found |= library._callees()
        return found

    def _get_module_for_linking(self) -> Any:
        """Return the code with all that it calls, for a kernel: other functions may define the same."""
        if self._shared_module is None:
            module = self._final_module.clone()
            for library in self._callees():
                helper = isinstance(library, HelperLibrary)
                module.link_in(library._final_module if helper else library._get_module_for_linking(), preserve=True)
            for function in module.functions:
                if not function.is_declaration:
                    function.linkage = "linkonce_odr"
            self._shared_module = module
        return self._shared_module

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0: there is no machine code."""
        return 0

    @property
    def codegen(self) -> Any:
        """Return who is told of the new function's environment."""
        return self

    def set_env(self, name: str, environment: object) -> None:
        """Forget the environment: only printing, and errors with computed texts, would need it."""


class HelperCompiler(KernelCompiler):
    """The compiler of helpers, which keeps their code in a ``HelperLibrary``."""

    def __init__(self, typing: Any, target: Any, library: Any, *others: Any) -> None:
        kept = library or HelperLibrary(target.codegen(), "helper")  # type: ignore[no-untyped-call]
        super().__init__(typing, target, kept, *others)  # type: ignore[no-untyped-call]


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a helper of kernels, which becomes part of their code: one that makes no arrays.

    It is compiled once for each set of types, constants being no types of their own. Tests may call it: Python gets
    code of its own, which is not cached.
    """
    helper = jit(HelperCompiler, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    compiled: Callable[P, R] = helper
    if helper is function:  # compiling is switched off
        return compiled
    find_template = helper.get_call_template
    for_python = jit(KernelCompiler, _nrt=False)(function)

    def get_call_template(arguments: Any, named: Any) -> Any:
        return find_template(tuple(map(unliteral, arguments)), {name: unliteral(kind) for name, kind in named.items()})

    def add_overload(result: Any) -> None:  # without a word to the dispatcher's fast way in from Python
        helper.overloads[tuple(result.signature.args)] = result

    helper.get_call_template, helper.add_overload = get_call_template, add_overload
    helper._compile_for_args = for_python._compile_for_args
    return compiled


def runtime(value: int) -> int:
    """Return ``value`` as an int64 that compiled code takes as data.

    Helpers no longer are compiled anew for every constant they are called with, which this was for.
    """
    code: Any = np.int64(value)
    return cast(int, code)


internal = inlined  # the same by an older name
