"""Why a cell or a line cannot be stored: what is raised where it is read, and shown in the table of rejects."""


class RejectError(Exception):
    """Why a line cannot be stored: a short fixed reason, the column it is about, the text of its cell, its field."""

    def __init__(self, reason: str, column: str = "", cell: str = "", field: str = "") -> None:
        super().__init__(reason, column, cell, field)
        self.reason = reason
        self.column = column
        self.cell = cell
        self.field = field
