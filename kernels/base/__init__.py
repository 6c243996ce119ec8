"""What every kernel stands on: compiling, memory, columns, checks of arguments. Imports nothing of the project above it."""
