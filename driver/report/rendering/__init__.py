"""How report.html is rendered: what compiles its templates, and the forms in which they show numbers."""
