"""List the benchmarks in tests/load with the first line of what each says of itself, and how to run it."""

import ast
from pathlib import Path

LOAD = Path(__file__).resolve().parent.parent / "tests" / "load"


def main() -> None:
    for path in sorted(LOAD.glob("[a-z]*.py")):
        if path.stem in {"conftest", "__init__"}:
            continue
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "(says nothing of itself)"
        print(f".venv/bin/python -m tests.load.{path.stem}\n    {said.splitlines()[0]}")


if __name__ == "__main__":
    main()
