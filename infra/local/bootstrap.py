"""Makes the virtual environment from the lock files: `python3 infra/local/bootstrap.py local`.

Run by make before anything else, by whatever `python3` the machine has: standard library only,
and no syntax that an old Python would not even parse. Does nothing where nothing has changed.

A new environment is built beside the one that it replaces, and takes its place when it is
complete: until then, and after a failure, the former one works as before.
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
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOG = os.path.join(ROOT, ".scones", "setup.log")

# What can be made: the folder of the environment, and the lock file that it is installed from.
KINDS = {
    "local": (".venv", "local"),
    "dev": (".venv", "dev"),
    "local-only": (".venv-local", "local"),  # what a user gets, where .venv holds `dev` as well
    "training": (".venv-training", "training"),
    "sagemaker": (".venv-sagemaker", "sagemaker"),
    "oracles": (".venv-oracles", "oracles"),
}
WITH_CDK = ("local", "dev", "local-only")  # CDK's library needs Node
INTERRUPTED = 130


def main() -> None:
    """Make or renew one of the environments."""
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
            if not is_ready(venv, kind):  # another one may have made it meanwhile
                if kind == "local" and os.path.exists(stamp(venv, "dev")):
                    kind = "dev"  # who tests here wants to go on testing
                replace(venv, kind)
    except KeyboardInterrupt:
        say("interrupted")
        raise SystemExit(INTERRUPTED) from None
    except OSError as error:
        fail("setting up failed: {}".format(error))


def run_with_another_python() -> None:
    """Replaces this process with a Python that will do, or ends with one clear line."""
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
    """Version managers put names on the PATH that run nothing."""
    asked = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info[1])"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return asked.returncode == 0 and asked.stdout.decode().strip() == str(minor)


def leave_environment() -> None:
    """Replaces this process with the machine's interpreter where it runs in a virtual environment.

    In the shell that `source .venv/bin/activate` leaves, `python3` is the environment's own, and
    no process may delete the environment that it runs from.
    """
    base = getattr(sys, "_base_executable", "")
    if sys.prefix != sys.base_prefix and base != sys.executable and os.path.exists(base):
        os.execv(base, [base] + sys.argv)


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Two of `make` in two terminals would build in the same folder."""
    os.makedirs(os.path.dirname(LOG), exist_ok=True)
    with open(os.path.join(os.path.dirname(LOG), "setup.lock"), "w") as lock_file:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another `make` that is setting up")
            fcntl.flock(lock_file, fcntl.LOCK_EX)
        yield


def replace(venv: str, kind: str) -> None:
    """Build the environment beside the former one, then put it in its place."""
    open(LOG, "w").close()
    say("Setting up {} (once; details in .scones/setup.log)".format(os.path.relpath(venv, ROOT)))
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
            say("{} is as it was before".format(os.path.relpath(venv, ROOT)))
        raise


def build(venv: str, kind: str) -> None:
    """A new environment with everything that the lock files name, and this project."""
    make_venv(venv, prompt=KINDS[kind][0])
    python = os.path.join(venv, "bin", "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(pip + ["--require-hashes", "-r", lock("bootstrap")])
    uv = [os.path.join(venv, "bin", "uv"), "pip", "install", "--quiet", "--python", python]
    run(uv + ["--require-hashes", "-r", lock(KINDS[kind][1])])
    if kind == "training":
        # Unlocked: pip takes the build (CPU or CUDA) that this machine's configuration offers.
        run(pip + [requirement("torch")])
    elif kind in WITH_CDK and not machine_has_node():
        run(uv + ["--require-hashes", "-r", lock("node")])
    if kind != "training":
        run(uv + ["--no-deps", "--no-build-isolation", "--editable", ROOT])


def make_venv(venv: str, prompt: str) -> None:
    """An empty environment; the prompt is what a shell shows where it is activated."""
    try:
        import ensurepip  # noqa: F401 - Debian leaves it out of its python3
    except ImportError:
        fail("this Python cannot make virtual environments; on Debian: apt install python3-venv")
    run([sys.executable, "-m", "venv", "--prompt", prompt, venv])


def change_paths(built: str, final: str) -> None:
    """Scripts and the files that activate an environment name its folder: let it be the final one.

    The paths stand in text files of `bin` and in `pyvenv.cfg`, nowhere else.
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
            # A new file, never the same one: uv may have linked it to its cache.
            with open(path + ".changed", "wb") as file:
                file.write(changed)
            shutil.copymode(path, path + ".changed")
            os.replace(path + ".changed", path)


def swap(fresh: str, venv: str) -> None:
    """Two renames; `restore` mends what an end between them leaves."""
    if os.path.lexists(venv):
        remove(former(venv))
        os.rename(venv, former(venv))
    os.rename(fresh, venv)
    remove(former(venv))


def restore(venv: str) -> None:
    """Put the former environment back where it was moved away and nothing took its place."""
    if os.path.lexists(former(venv)) and not os.path.lexists(venv):
        os.rename(former(venv), venv)


def former(venv: str) -> str:
    """Where the replaced environment is until it is deleted."""
    return venv + ".former"


def remove(path: str) -> None:
    """Delete a folder, or a link to one, if it is there."""
    if os.path.islink(path):
        os.unlink(path)
    else:
        shutil.rmtree(path, ignore_errors=True)


def is_ready(venv: str, kind: str) -> bool:
    """An environment made for tests serves the demo too."""
    kinds = ("local", "dev") if kind == "local" else (kind,)
    if not any(is_made_for(venv, each) for each in kinds):
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
    """The file that says for what an environment was made."""
    return os.path.join(venv, ".made-for-" + kind)


def fingerprint(kind: str) -> str:
    """What an environment depends on: locks, project definition, Python, the place."""
    digest = hashlib.sha256(repr((sys.version, ROOT)).encode())
    for path in [os.path.join(ROOT, "pyproject.toml")] + [
        lock(name) for name in ("bootstrap", "node", KINDS[kind][1])
    ]:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def lock(name: str) -> str:
    """The lock file of an extra."""
    return os.path.join(ROOT, "requirements", name + ".lock")


def requirement(name: str) -> str:
    """The pinned line of a package in pyproject.toml."""
    with open(os.path.join(ROOT, "pyproject.toml")) as file:
        lines = [line.strip() for line in file]
    return next(line.split('"')[1] for line in lines if line.startswith('"' + name + "=="))


def machine_has_node() -> bool:
    """Whether the machine's own Node is recent enough for CDK's library.

    Not that of a virtual environment: it is there for as long as the environment is, and only
    where the environment is activated.
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
    asked = subprocess.run([node, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    version = asked.stdout.decode().strip().lstrip("v").split(".")[0]
    return asked.returncode == 0 and version.isdigit() and int(version) >= OLDEST_NODE


def run(command: List[str]) -> None:
    """Run a step, its output in the log; a failure ends in one clear line."""
    with open(LOG, "a") as log:
        log.write("$ {}\n".format(" ".join(command)))
        log.flush()
        if subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT).returncode == 0:
            return
    with open(LOG) as log:
        output = log.read()
    network = (
        "from versions: none",  # what pip says of an index that it cannot reach
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
    fail("setting up failed; the end of .scones/setup.log says:\n" + tail)


def say(text: str) -> None:
    """To the person."""
    sys.stderr.write("scones: " + text + "\n")


def fail(text: str) -> NoReturn:
    """The last line."""
    say(text)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
