"""What keeps the program from starting, said in one sentence."""


class StartupError(Exception):
    """The program cannot start. The message is the one sentence that the operator reads."""
