"""Build `.venv` and `.venv-rasa` from the hashed locks. Standard library only; any Python >= 3.11 starts it.

Nothing is done when the locks have not changed since the last build (a stamp in each environment says so).
Every failure is one sentence on standard error and exit code 1. It must parse on old Pythons, so that they
hear the sentence instead of a SyntaxError: no match statements, no parenthesised `with`.
"""

import sys

OLDEST, NEWEST = (3, 11), (3, 14)
if not OLDEST <= sys.version_info[:2] <= NEWEST:
    sys.exit(
        "Shudi needs Python %d.%d to %d.%d, and this is %s (%s): name another: make PYTHON=/path/to/python."
        % (OLDEST + NEWEST + (sys.version.split()[0], sys.executable))
    )

import contextlib
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
APP = ROOT / ".venv"
RASA = ROOT / ".venv-rasa"
STAMP = "shudi-stamp"
LOGS = ROOT / ".cache"
APP_LOCKS = ("bootstrap.lock", "app.lock", "dev.lock")
RASA_LOCKS = ("rasa.lock",)
ROOM_NEEDED = {APP: 1.2, RASA: 3.2}
"""Free gigabytes wanted before an environment is built from nothing (measured: 0.7 and 2.6)."""


class Refused(Exception):
    """Set-up cannot go on; the message is the one sentence the user reads."""


def main():
    try:
        with one_at_a_time():
            build_app()
            build_rasa()
    except Refused as refusal:
        sys.exit("Set-up stopped: %s" % refusal)
    except OSError as error:
        sys.exit("Set-up stopped: %s" % told(str(error), "setting up"))
    except KeyboardInterrupt:
        sys.exit("Set-up stopped: interrupted; run it again and it goes on where it was.")


@contextlib.contextmanager
def one_at_a_time():
    """Two set-ups at once would build into each other: the second waits."""
    LOGS.mkdir(exist_ok=True)
    with open(LOGS / "bootstrap.lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is running here; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# --- the two environments -----


def build_app():
    """`.venv`: the bot, the action server, the tests, and the `shudi` command."""
    wanted = fingerprint(APP_LOCKS + ("../pyproject.toml",))
    if is_current(APP, wanted, APP / "bin" / "shudi"):
        return
    has_room(APP)
    forget(APP)
    if not runs(APP / "bin" / "python", OLDEST, NEWEST):
        create_app_environment()
    uv = find_uv()
    sync(uv, APP, APP_LOCKS, "Installing Shudi's environment")
    install = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--python",
        str(APP / "bin" / "python"),
        "-e",
        ".",
    ]
    run(install, "Installing the shudi command")
    (APP / STAMP).write_text(wanted)


def create_app_environment():
    """An empty `.venv`: without a pip of its own when the pip at hand can install into it (quicker)."""
    step = "Creating .venv with Python %s" % sys.version.split()[0]
    options = ["--without-pip"] if has_modern_pip() or not can("import ensurepip") else []
    run([sys.executable, "-m", "venv", "--clear", *options, str(APP)], step)


def fetch_uv():
    """uv at the locked version and hash, put into `.venv` by whichever pip there is."""
    python = str(APP / "bin" / "python")
    if has_modern_pip():
        pip = [sys.executable, "-m", "pip", "--python", python]
    elif runs(python, OLDEST, NEWEST, "import pip"):
        pip = [python, "-m", "pip"]
    else:
        raise Refused(
            "%s has neither ensurepip nor a modern pip; name another Python: make PYTHON=/path/to/python."
            % sys.executable
        )
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
    lock = str(REQUIREMENTS / "bootstrap.lock")
    run([*pip, "install", *options, "-r", lock], "Fetching uv, the installer")


def has_modern_pip():
    """Whether the Python that runs this has a pip that can install into another environment."""
    return can("import pip, sys; sys.exit(int(pip.__version__.split('.')[0]) < 23)")


def build_rasa():
    """`.venv-rasa`: Rasa on Python 3.10 and nothing else."""
    wanted = fingerprint(RASA_LOCKS)
    if is_current(RASA, wanted, RASA / "bin" / "rasa"):
        return
    uv = find_uv()
    forget(RASA)
    if not runs(RASA / "bin" / "python", (3, 10), (3, 10)):
        has_room(RASA)
        python = find_rasa_python(uv)
        run(
            [uv, "venv", "--quiet", "--clear", "--python", python, str(RASA)],
            "Creating .venv-rasa with %s" % python,
        )
    sync(uv, RASA, RASA_LOCKS, "Installing Rasa's environment (about 2.6 GB)")
    (RASA / STAMP).write_text(wanted)


def sync(uv, environment, locks, step):
    """Make the environment exactly what the locks say."""
    files = [str(REQUIREMENTS / name) for name in locks]
    command = [uv, "pip", "sync", "--require-hashes", "--python", str(environment / "bin" / "python")]
    run(command + files, step)


# --- interpreters -----


def find_rasa_python(uv):
    """The path of a Python 3.10 that runs: `$RASA_PYTHON`, on the PATH, pyenv's, or fetched by uv."""
    named = os.environ.get("RASA_PYTHON")
    if named:
        found = shutil.which(named)
        if found and runs(found, (3, 10), (3, 10)):
            return found
        raise Refused("RASA_PYTHON is %s, which is not a Python 3.10 that runs." % named)
    for candidate in rasa_candidates(os.environ):
        if runs(candidate, (3, 10), (3, 10)):
            return candidate
    fetch = [uv, "python", "install", "--no-bin", "3.10"]
    missing = (
        "Rasa needs a Python 3.10, none was found here, and fetching one failed: "
        "install Python 3.10 and name it with RASA_PYTHON=/path/to/python3.10."
    )
    run(fetch, "Fetching Python 3.10 for Rasa", missing)
    found = subprocess.run([uv, "python", "find", "--managed-python", "3.10"], capture_output=True, text=True)
    if found.returncode or not runs(found.stdout.strip(), (3, 10), (3, 10)):
        raise Refused(missing)
    return found.stdout.strip()


def rasa_candidates(environment):
    """Every place a Python 3.10 may be, likeliest first; each must still be run to know."""
    for folder in environment.get("PATH", "").split(os.pathsep):
        if folder and os.access(os.path.join(folder, "python3.10"), os.X_OK):
            yield os.path.join(folder, "python3.10")
    pyenv = environment.get("PYENV_ROOT") or os.path.join(environment.get("HOME", "~"), ".pyenv")
    for found in sorted(
        glob.glob(os.path.join(pyenv, "versions", "3.10.*", "bin", "python3.10")), reverse=True
    ):
        yield found


def runs(python, oldest, newest, also="pass"):
    """True when this interpreter starts, its version lies in the range, and it can do `also`."""
    code = "import sys; %s; sys.exit(not (%r <= sys.version_info[:2] <= %r))" % (also, oldest, newest)
    try:
        return (
            subprocess.run([str(python), "-I", "-c", code], capture_output=True, timeout=30).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def can(code):
    """Whether the Python that runs this can do that."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def find_uv():
    """The uv in `.venv`, fetched when it is not there yet."""
    inside = APP / "bin" / "uv"
    if not inside.exists():
        fetch_uv()
    return str(inside)


# --- what is built already -----


def fingerprint(names):
    """A hash over the contents of these files and of this program."""
    digest = hashlib.sha256()
    for path in [REQUIREMENTS / name for name in names] + [Path(__file__)]:
        digest.update(path.read_bytes())
    digest.update(str(ROOT).encode())  # environments do not survive being moved
    return digest.hexdigest()


def is_current(environment, wanted, program):
    stamp = environment / STAMP
    return (
        program.exists()
        and (environment / "bin" / "python").exists()
        and stamp.exists()
        and (stamp.read_text() == wanted)
    )


def forget(environment):
    """From here on the environment is unfinished, until its stamp is written again."""
    (environment / STAMP).unlink(missing_ok=True)


def has_room(environment):
    """Refuse early when the disk cannot hold an environment that must be built from nothing."""
    if environment.exists():
        return
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    if free < ROOM_NEEDED[environment]:
        raise Refused(
            "the disk is too full: %s needs about %.1f GB and %.1f GB are free."
            % (environment.name, ROOM_NEEDED[environment], free)
        )


# --- running things -----


def run(command, step, failure=None):
    """Run to the end with a sign of life; on failure raise Refused with what went wrong in one sentence."""
    log = LOGS / "bootstrap.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=str(ROOT),
            stdout=output,
            stderr=output,
            env=tool_environment(),
        )
        try:
            wait_with_progress(process, step)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode:
        raise Refused(failure or told(log.read_text(errors="replace"), step))


def wait_with_progress(process, step):
    """One line that counts seconds on a terminal; elsewhere a line at the start and every 15 seconds."""
    began = said = time.monotonic()
    terminal = sys.stderr.isatty()
    if not terminal:
        say(step + " ...")
    while True:
        try:
            process.wait(timeout=0.5)
            break
        except subprocess.TimeoutExpired:
            spent = time.monotonic() - began
            if terminal:
                sys.stderr.write("\r%s ... %d s" % (step, spent))
                sys.stderr.flush()
            elif time.monotonic() - said >= 15:
                said = time.monotonic()
                say("%s ... %d s" % (step, spent))
    if terminal:
        sys.stderr.write("\r%s: %.1f s        \n" % (step, time.monotonic() - began))


def tool_environment():
    """uv keeps to pip's index when pip was told of one (a mirror), and asks nothing of the user's Python."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")
    }
    if "UV_DEFAULT_INDEX" not in environment and "UV_INDEX_URL" not in environment:
        index = environment.get("PIP_INDEX_URL") or pip_index()
        if index:
            environment["UV_DEFAULT_INDEX"] = index
    environment.setdefault("UV_HTTP_TIMEOUT", "180")
    environment.setdefault("UV_LINK_MODE", "hardlink" if same_disk(environment) else "copy")
    return environment


def pip_index():
    """The mirror named in the user's pip.conf, if any: uv itself does not read that file."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


def same_disk(environment):
    """uv hard-links from its cache when the cache lies on the same disk."""
    home = (
        environment.get("UV_CACHE_DIR") or environment.get("XDG_CACHE_HOME") or environment.get("HOME", "/")
    )
    try:
        return os.stat(home).st_dev == os.stat(str(ROOT)).st_dev
    except OSError:
        return False


OFFLINE = (
    "dns error", "Failed to fetch", "error sending request", "Name or service not known", "Could not fetch",
    "NewConnectionError", "Connection refused", "timed out", "Temporary failure", "No matching distribution",
)  # fmt: skip
REASONS = (
    (("No space left on device", "ENOSPC"), "the disk is full"),
    (("Disk quota exceeded",), "your disk quota is used up"),
    (("Read-only file system", "Permission denied"), "the project's folder cannot be written"),
    (("hash mismatch", "Hash mismatch"), "a package is not the one its lock names"),
    (
        OFFLINE,
        "packages could not be fetched; look whether the network is up and the package index reachable",
    ),
)


def told(output, step):
    """One sentence for what a tool printed when it failed."""
    for signs, sentence in REASONS:
        if any(sign in output for sign in signs):
            return "%s (while %s)." % (sentence, step[0].lower() + step[1:])
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return "%s failed: %s (all of it is in .cache/bootstrap.log)." % (
        step,
        lines[-1] if lines else "no output",
    )


def say(line):
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
