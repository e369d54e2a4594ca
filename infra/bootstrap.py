"""Makes the virtual environment from the lock files: `python3 infra/bootstrap.py local`.

make runs it first, with any `python3` that the machine has: so it uses the standard library only,
and no syntax that an old Python cannot parse. It does nothing if nothing has changed.

A new environment is built beside the former one, and replaces it when it is complete: until then,
and after a failure, the former one works as before.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from typing import Iterator, List, NoReturn

OLDEST = (3, 11)
NEWEST = (3, 14)
OLDEST_NODE = 22
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOG = os.path.join(ROOT, ".scones", "setup.log")

# By kind: the folder of the environment, and the lock file that it is installed from.
KINDS = {
    "local": (".venv", "local"),
    "dev": (".venv", "dev"),
    "local-only": (".venv-local", "local"),  # a user's environment, where .venv holds `dev` as well
    "training": (".venv-training", "training"),
    "sagemaker": (".venv-sagemaker", "sagemaker"),
    "oracles": (".venv-oracles", "oracles"),
    "fuzz": (".venv-fuzz", "fuzz"),
    "audit": (".venv-audit", "audit"),  # programs of their own, without this project
    "checkov": (".venv-checkov", "checkov"),
    "workflows": (".venv-workflows", "workflows"),
}
WITH_CDK = ("local", "dev", "local-only")  # CDK's library needs Node
INTERRUPTED = 130


def main() -> None:
    """Make or renew the environment of the kind that the command line names."""
    kind = sys.argv[1]
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        run_with_another_python()
    leave_environment()
    venv = os.path.join(ROOT, KINDS[kind][0])
    if is_ready(venv, kind):
        return
    try:
        with only_one_at_a_time():
            restore(venv)
            if not is_ready(venv, kind):  # another process may have made it meanwhile
                if kind == "local" and os.path.exists(stamp(venv, "dev")):
                    kind = "dev"  # keep what tests need
                replace(venv, kind)
    except KeyboardInterrupt:
        print_line("interrupted")
        raise SystemExit(INTERRUPTED) from None
    except OSError as error:
        fail("setting up failed: {}".format(error))


def run_with_another_python() -> None:
    """Replace this process with a supported Python, or exit with one line that says what to do."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which("python3.{}".format(minor))
        if other and works(other, minor):
            os.execv(other, [other] + sys.argv)
    fail(
        "Python 3.{} to 3.{} is needed, this is {}.{} and there is no other on the PATH; "
        "install one, or run: make PYTHON=/path/to/python3.12 …".format(
            OLDEST[1], NEWEST[1], *sys.version_info[:2]
        )
    )


def works(python: str, minor: int) -> bool:
    """Whether `python` runs as Python 3.`minor`: a version manager's may not run at all."""
    result = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info[1])"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return result.returncode == 0 and result.stdout.decode().strip() == str(minor)


def leave_environment() -> None:
    """Replace this process with the machine's interpreter if it runs in a virtual environment.

    After `source .venv/bin/activate`, `python3` is the environment's own, and no process may delete
    the environment that it runs from.
    """
    base = getattr(sys, "_base_executable", "")
    if sys.prefix != sys.base_prefix and base != sys.executable and os.path.exists(base):
        os.execv(base, [base] + sys.argv)


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Wait for other processes: two `make` in two terminals would build in the same folder."""
    os.makedirs(os.path.dirname(LOG), exist_ok=True)
    with open(os.path.join(os.path.dirname(LOG), "setup.lock"), "w") as lock_file:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print_line("waiting for another `make` that is setting up")
            fcntl.flock(lock_file, fcntl.LOCK_EX)
        yield


def replace(venv: str, kind: str) -> None:
    """Build the environment beside the former one, then replace that; undo it on a failure."""
    open(LOG, "w").close()
    print_line(
        "Setting up {} (once; details in .scones/setup.log)".format(os.path.relpath(venv, ROOT))
    )
    fresh = venv + ".new"
    remove(fresh)
    try:
        build(fresh, kind)
        change_paths(fresh, venv)
        with open(stamp(fresh, kind), "w") as file:
            file.write(fingerprint(kind))
        swap(fresh, venv)
    except BaseException:
        restore(venv)
        remove(fresh)
        if os.path.exists(venv):
            print_line("{} is as it was before".format(os.path.relpath(venv, ROOT)))
        raise


def build(venv: str, kind: str) -> None:
    """Make a new environment with all packages of the lock files, and this project."""
    make_venv(venv, prompt=KINDS[kind][0])
    python = os.path.join(venv, "bin", "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(pip + ["--require-hashes", "-r", lock("bootstrap")])
    uv = [os.path.join(venv, "bin", "uv"), "pip", "install", "--quiet", "--python", python]
    run(uv + ["--require-hashes", "-r", lock(KINDS[kind][1])])
    if kind == "training":
        # Not locked: pip takes the build (CPU or CUDA) that this machine's configuration offers.
        run(pip + [requirement("torch")])
    elif kind in WITH_CDK and not machine_has_node():
        run(uv + ["--require-hashes", "-r", lock("node")])
    if kind not in ("training", "audit", "checkov", "workflows"):
        run(uv + ["--no-deps", "--no-build-isolation", "--editable", ROOT])


def make_venv(venv: str, prompt: str) -> None:
    """Make an empty environment; a shell shows the prompt when it is activated."""
    try:
        import ensurepip  # noqa: F401 - Debian leaves it out of its python3
    except ImportError:
        fail("this Python cannot make virtual environments; on Debian: apt install python3-venv")
    run([sys.executable, "-m", "venv", "--prompt", prompt, venv])


def change_paths(built: str, final: str) -> None:
    """Replace the folder's name `built` by `final` in scripts and in the files that activate it.

    Only text files of `bin` and `pyvenv.cfg` hold the name.
    """
    scripts = os.path.join(built, "bin")
    files = [os.path.join(scripts, name) for name in os.listdir(scripts)]
    for path in files + [os.path.join(built, "pyvenv.cfg")]:
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            content = file.read()
        changed = content.replace(os.fsencode(built), os.fsencode(final))
        if b"\0" not in content and changed != content:
            # A new file, not the same one: uv may have linked it to its cache.
            with open(path + ".changed", "wb") as file:
                file.write(changed)
            shutil.copymode(path, path + ".changed")
            os.replace(path + ".changed", path)


def swap(fresh: str, venv: str) -> None:
    """Replace `venv` by `fresh` in two renames; `restore` undoes the first if the second fails."""
    if os.path.lexists(venv):
        remove(former(venv))
        os.rename(venv, former(venv))
    os.rename(fresh, venv)
    remove(former(venv))


def restore(venv: str) -> None:
    """Put the former environment back if it was moved away and not replaced."""
    if os.path.lexists(former(venv)) and not os.path.lexists(venv):
        os.rename(former(venv), venv)


def former(venv: str) -> str:
    """Return the path of the replaced environment until it is deleted."""
    return venv + ".former"


def remove(path: str) -> None:
    """Delete a folder, or a link to one, if it exists."""
    if os.path.islink(path):
        os.unlink(path)
    else:
        shutil.rmtree(path, ignore_errors=True)


def is_ready(venv: str, kind: str) -> bool:
    """Whether the environment is up to date; one made for tests serves `local` too."""
    kinds = ("local", "dev") if kind == "local" else (kind,)
    if not any(is_made_for(venv, candidate) for candidate in kinds):
        return False
    has_own_node = os.path.exists(os.path.join(venv, "bin", "node"))
    return kind not in WITH_CDK or has_own_node or machine_has_node()


def is_made_for(venv: str, kind: str) -> bool:
    """Whether the environment was made from the lock files as they are now."""
    try:
        with open(stamp(venv, kind)) as file:
            return file.read() == fingerprint(kind)
    except OSError:
        return False


def stamp(venv: str, kind: str) -> str:
    """Return the file that holds the fingerprint of a kind."""
    return os.path.join(venv, ".made-for-" + kind)


def fingerprint(kind: str) -> str:
    """Return a hash of all that an environment depends on: locks, project, Python, folder."""
    digest = hashlib.sha256(repr((sys.version, ROOT)).encode())
    for path in [os.path.join(ROOT, "pyproject.toml")] + [
        lock(name) for name in ("bootstrap", "node", KINDS[kind][1])
    ]:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def lock(name: str) -> str:
    """Return the path of a lock file."""
    return os.path.join(ROOT, "requirements", name + ".lock")


def requirement(name: str) -> str:
    """Return the pinned requirement of a package in pyproject.toml, such as `torch==2.0`."""
    with open(os.path.join(ROOT, "pyproject.toml")) as file:
        lines = [line.strip() for line in file]
    return next(line.split('"')[1] for line in lines if line.startswith('"' + name + "=="))


def machine_has_node() -> bool:
    """Whether the machine's own Node is recent enough for CDK's library.

    That of a virtual environment does not count: it is on the PATH only while the environment is
    activated, and goes when the environment is replaced.
    """
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    outside = [
        folder
        for folder in folders
        if not os.path.exists(os.path.join(folder, os.pardir, "pyvenv.cfg"))
    ]
    node = shutil.which("node", path=os.pathsep.join(outside))
    if not node:
        return False
    result = subprocess.run([node, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    version = result.stdout.decode().strip().lstrip("v").split(".")[0]
    return result.returncode == 0 and version.isdigit() and int(version) >= OLDEST_NODE


def run(command: List[str]) -> None:
    """Run a step with its output in the log; on a failure, exit with a line that says why."""
    with open(LOG, "a") as log:
        log.write("$ {}\n".format(" ".join(command)))
        log.flush()
        if subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT).returncode == 0:
            return
    with open(LOG) as log:
        output = log.read()
    network = (
        "from versions: none",  # pip's message for an index that it cannot reach
        "resolve host",
        "name resolution",
        "NewConnectionError",
        "dns error",
        "connect error",
        "error sending request",
        "Connection refused",
        "timed out",
        "ConnectTimeout",
    )
    if any(text.lower() in output.lower() for text in network):
        fail(
            "the package registry cannot be reached; check the network or the proxy, then run "
            "this again (details in .scones/setup.log)"
        )
    if "no space left on device" in output.lower():
        fail("no space left on device: an environment needs about 1 GB while it is made")
    tail = "\n".join(output.strip().splitlines()[-8:])
    fail("setting up failed; the end of .scones/setup.log:\n" + tail)


def print_line(text: str) -> None:
    """Print a line for the user on standard error."""
    sys.stderr.write("scones: " + text + "\n")


def fail(text: str) -> NoReturn:
    """Print the last line and exit with 2."""
    print_line(text)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
