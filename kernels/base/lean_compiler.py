"""A leaner way through Numba, which halves the time that compiling takes: fewer passes, helpers optimised once.

It overrides parts that Numba keeps for itself, so importing it raises ImportError where they are not as it needs them.
``compiling`` imports it only with versions it was tried with, and does without it otherwise.
"""

from collections.abc import Callable
from functools import cache, update_wrapper
from typing import Any, Final, ParamSpec, TypeVar

import numba
from numba.core import dispatcher, typed_passes, untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, Flags
from numba.core.compiler_machinery import PassManager
from numba.core.types import unliteral

from kernels.base.known_calls import KnownTypes

P = ParamSpec("P")
R = TypeVar("R")
# The first and the last version of Numba it was tried with: another may mean something else by the same names.
TRIED: Final = ((0, 60), (0, 68))
# The steps of Numba's compiler that a kernel needs: no closures, no literal loops, no array expressions, no fallback.
BEFORE_TYPES: Final = ("TranslateByteCode", "FixupArgs", "IRProcessing", "GenericRewrites", "ReconstructSSA")
WITH_TYPES: Final = (
    "NopythonTypeInference", "PreLowerStripPhis", "IRLegalization", "NativeLowering", "NoPythonBackend",
)  # fmt: skip
# What is overridden or read below, by class.
NEEDED: Final = (
    (CompilerBase, ("define_pipelines",)),
    (PassManager, ("add_pass", "finalize")),
    (dispatcher.Dispatcher, ("get_call_template", "add_overload", "_compile_for_args")),
    (JITCodeLibrary, ("_optimize_functions", "finalize", "_get_module_for_linking", "get_pointer_to_function")),
    (untyped_passes, BEFORE_TYPES),
    (typed_passes, WITH_TYPES),
    (Flags, ("nrt", "no_cpython_wrapper", "no_cfunc_wrapper")),
)
for owner, names in NEEDED:
    if lacking := [name for name in names if not hasattr(owner, name)]:
        raise ImportError(f"this version of numba has no {owner.__name__}.{lacking[0]}")


class KernelCompiler(CompilerBase):
    """Numba's compiler with the few passes that kernels need."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        passes = PassManager("kernel")
        for module, names in ((untyped_passes, BEFORE_TYPES), (typed_passes, WITH_TYPES)):
            for name in names:
                passes.add_pass(KnownTypes if name == "NopythonTypeInference" else getattr(module, name), name)
        passes.finalize()
        return [passes]


class HelperLibrary(JITCodeLibrary):
    """The code of a helper, kept as LLVM's intermediate code until a kernel takes it in.

    Numba by itself optimises each function fully and turns it into machine code, then again as part of each of its
    callers, level by level. Of helpers only the last is ever run, and the rest is more than half of all compiling.
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


def kernel_options(allocates: bool) -> dict[str, Any]:
    """Return the flags of a kernel. Arrays that are only lent need no count of references: a good part of the code."""
    return {"pipeline_class": KernelCompiler, "no_cfunc_wrapper": True} | ({} if allocates else {"_nrt": False})


class Helper:
    """A helper, of which Numba knows nothing until a kernel takes it in, or Python calls it.

    There are hundreds, and those whose kernels are ready are never asked for: knowing them took a tenth of the time
    that loading takes.
    """

    def __init__(self, function: Callable[..., Any], make: Callable[[], Any]) -> None:
        update_wrapper(self, function)
        self._make, self._made = make, None

    @property
    def _numba_type_(self) -> Any:
        """Return the type that a kernel's compiler asks for."""
        return self._helper()._numba_type_

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Return what the helper gives to Python."""
        return self._helper()(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # of Python's own, as where somebody copies it
            raise AttributeError(name)
        return getattr(self._helper(), name)

    def _helper(self) -> Any:
        if self._made is None:
            self._made = self._make()
        return self._made


def compile_helper(jit: Callable[..., Any], function: Callable[P, R], merged: bool = False) -> Callable[P, R]:
    """Compile a helper, which ``jit`` decorates, once for each set of types, constants being no types of their own.

    merged : LLVM must make it part of its callers, whatever its size
    """
    config: Any = numba.config
    if config.DISABLE_JIT:
        return function
    helper: Any = Helper(function, lambda: _made(jit, function, merged))
    compiled: Callable[P, R] = helper
    return compiled


def _made(jit: Callable[..., Any], function: Callable[..., Any], merged: bool) -> Any:
    options = {"pipeline_class": HelperCompiler, "_nrt": False, "forceinline": merged}
    helper = jit(**options, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    find_template = helper.get_call_template
    for_python: Callable[[], Any] = cache(lambda: jit(pipeline_class=KernelCompiler, _nrt=False)(function))

    def get_call_template(arguments: Any, named: Any) -> Any:
        return find_template(tuple(map(unliteral, arguments)), {name: unliteral(kind) for name, kind in named.items()})

    def add_overload(result: Any) -> None:  # without a word to the dispatcher's fast way in from Python
        helper.overloads[tuple(result.signature.args)] = result

    def compile_for_args(*arguments: Any, **named: Any) -> Any:
        return for_python()._compile_for_args(*arguments, **named)

    helper.get_call_template, helper.add_overload = get_call_template, add_overload
    helper._compile_for_args = compile_for_args
    return helper
