"""How report.html is rendered: templates, compiled once a process, and the forms in which they show numbers."""
