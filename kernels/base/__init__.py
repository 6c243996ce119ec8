"""What every kernel stands on: compiling, memory, columns, checks of arguments. Nothing of the project is below it."""
