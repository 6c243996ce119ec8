"""Numba's type inference with a memory: what ``a + b`` of two whole numbers gives is worked out once.

Numba by itself tries every implementation of an operator at each place where it stands.
Used by ``lean_compiler``, on the same terms: ImportError where Numba has no such parts.
"""

from collections.abc import Callable, Mapping
from types import BuiltinFunctionType
from typing import Any, Final

from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NopythonTypeInference
from numba.core.types import Function
from numba.core.typing.context import BaseContext

NEEDED: Final = ("resolve_function_type", "resolve_static_getitem", "resolve_setitem")
if lacking := [name for name in NEEDED if not hasattr(BaseContext, name)]:
    raise ImportError(f"this version of numba has no BaseContext.{lacking[0]}")

_KNOWN: Final[dict[object, Any]] = {}


class KnownCalls:
    """A typing context that remembers the signatures of operators and of Numba's own functions.

    Flags of the compiler are part of what is asked: an implementation is compiled under them.
    """

    def __init__(self, context: Any, flags: object) -> None:
        self.context, self.flags = context, flags

    def __getattr__(self, name: str) -> Any:
        return getattr(self.context, name)

    def resolve_function_type(self, function: Any, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Return the signature of a call; what cannot be typed is asked again, so that it is told in Numba's words."""
        if named or not isinstance(function, BuiltinFunctionType | Function):
            return self.context.resolve_function_type(function, arguments, named)
        return self._known(function, arguments, lambda: self.context.resolve_function_type(function, arguments, named))

    def resolve_static_getitem(self, value: Any, index: Any) -> Any:
        """Return the signature of ``value[index]``, a field of a tuple as a rule."""
        if type(index) is not int:
            return self.context.resolve_static_getitem(value, index)
        asked = value, index
        return self._known("static_getitem", asked, lambda: self.context.resolve_static_getitem(value, index))

    def resolve_setitem(self, target: Any, index: Any, value: Any) -> Any:
        """Return the signature of ``target[index] = value``."""
        asked = target, index, value
        return self._known("setitem", asked, lambda: self.context.resolve_setitem(*asked))

    def _known(self, function: object, arguments: tuple[Any, ...], resolve: Callable[[], Any]) -> Any:
        asked = self.context, self.flags, function, arguments
        if (found := _KNOWN.get(asked)) is None and (found := resolve()) is not None:
            _KNOWN[asked] = found
        return found


@register_pass(mutates_CFG=True, analysis_only=False)
class KnownTypes(NopythonTypeInference):
    """Numba's inference of types, on such a context."""

    _name = "known_types"

    def run_pass(self, state: Any) -> Any:
        """Infer the types of a function."""
        context = state.typingctx
        state.typingctx = KnownCalls(context, (state.flags.nrt, state.flags.no_cpython_wrapper))
        try:
            return super().run_pass(state)  # type: ignore[no-untyped-call]
        finally:
            state.typingctx = context
