"""Rasa's own command, started quicker. Runs in `.venv-rasa`.

When skops is imported, it looks for the home of each numpy function in every module that is loaded. With the
thousands of TensorFlow loaded before it, that takes seven seconds; imported first, a tenth of one.
"""

import contextlib

with contextlib.suppress(ImportError):
    import skops.io  # noqa: F401

from rasa.__main__ import main

if __name__ == "__main__":
    main()
