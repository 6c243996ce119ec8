"""Jobs on an engine of ``tickstore.engines``, and the compiled kernels its workers load. The run calls it."""
