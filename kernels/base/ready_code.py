"""Compiled code from the cache, loaded without what only compiling needs: a third of the time that Numba takes.

Numba imports all that it can compile before it looks into its cache. Of each kernel it then reads the intermediate
code, to know which functions that has, and makes it an empty module that stands for the machine code.
It overrides parts that Numba keeps for itself, so ``checked_cache`` uses it only with versions that were tried.
"""

from typing import Any, Final

import llvmlite.binding as llvm
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import compile_result
from numba.core.runtime.nrt import rtsys

PARTS: Final = 9  # of what Numba keeps of a kernel


class ReadyLibrary(JITCodeLibrary):
    """The machine code of one kernel. What only compiling asks for is made when it does."""

    def __init__(self, codegen: Any, name: str, machine_code: bytes, intermediate_code: bytes) -> None:
        self._codegen, self._name = codegen, name
        self._intermediate_code = intermediate_code
        self._finalized, self._shared_module = True, None
        codegen._engine._ee.add_object_file(llvm.ObjectFileRef.from_data(machine_code))

    def __getattr__(self, name: str) -> Any:
        """Return an attribute that Numba gives its libraries, for whoever looks into this one."""
        if name.startswith("__"):
            raise AttributeError(name)
        usual = JITCodeLibrary(self._codegen, self._name)
        self.__dict__ = vars(usual) | self.__dict__
        return object.__getattribute__(self, name)

    def _get_module_for_linking(self) -> Any:
        """Return the intermediate code, for a caller that takes it in."""
        if self._shared_module is None:
            self._shared_module = llvm.parse_bitcode(self._intermediate_code)
            self._codegen._engine._load_defined_symbols(self._shared_module)
        return self._shared_module

    def get_pointer_to_function(self, name: str) -> int:
        """Return where the function is that Python calls, the only one that is asked for."""
        address: int = self._codegen._engine.get_function_address(name)
        return address


class LeanKeeping(CompileResultCacheImpl):
    """What is kept of a kernel: not what only printing, and errors with computed texts, would need of what it calls.

    Of functions that are Numba's own, Numba keeps it, and imports all of itself to have it again.
    """

    def reduce(self, cres: Any) -> tuple[Any, ...]:
        """Return what is kept."""
        *kept, _ = super().reduce(cres)  # type: ignore[no-untyped-call]
        return (*kept, ())


class ReadyCode(FunctionCache):
    """The cache of one kernel."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled code for a signature, None where there is none."""
        rtsys.initialize(target_context)  # the counting of references
        key: Any = self._index_key
        with self._guard_against_spurious_io_errors():
            found = self._cache_file.load(key(sig, target_context.codegen())) if self._enabled else None
            return None if found is None else self._ready(found, target_context)

    def _ready(self, found: tuple[Any, ...], context: Any) -> Any:
        """Return what can be called, made of what was kept."""
        if len(found) != PARTS or found[0][1] != "object" or found[4] or found[7]:  # none that ours are
            return self._impl.rebuild(context, found)
        (name, _, code), description, environment, signature, object_mode, lifted, types, at_load, _ = found
        library = ReadyLibrary(context.codegen(), name, *code)
        entry = context.get_executable(library, description, environment)
        return compile_result(
            typing_context=context.typing_context,
            target_context=context,
            entry_point=entry,
            type_annotation=types,
            signature=signature,
            objectmode=object_mode,
            lifted=lifted,
            fndesc=description,
            library=library,
            reload_init=at_load,
            environment=environment,
            referenced_envs=(),
        )


def use_ready_code(cache: Any) -> None:
    """Turn the cache that Numba gave a kernel into one of these."""
    cache.__class__ = ReadyCode
    if type(cache._impl) is CompileResultCacheImpl:
        cache._impl.__class__ = LeanKeeping
