"""Who does tasks: this process, or worker processes under a supervisor. Conversion and jobs run on the same engines."""
