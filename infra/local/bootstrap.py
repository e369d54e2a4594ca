"""Makes the virtual environment from the lock files: `python3 infra/local/bootstrap.py local`.

Run by make before anything else, by whatever `python3` the machine has: standard library only,
and no syntax that an old Python would not even parse. Does nothing where nothing has changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from typing import List, NoReturn

OLDEST = (3, 11)
NEWEST = (3, 14)
OLDEST_NODE = 22
APART = ("training", "sagemaker", "oracles")  # environments of their own, as they are large
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOG = os.path.join(ROOT, ".scones", "setup.log")


def main() -> None:
    """Make or renew one of the environments."""
    kind = sys.argv[1]
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        run_with_another_python()
    venv = os.path.join(ROOT, ".venv-" + kind if kind in APART else ".venv")
    if is_ready(venv, kind):
        return
    if kind == "local" and os.path.exists(stamp(venv, "dev")):
        kind = "dev"  # who tests here wants to go on testing
    os.makedirs(os.path.dirname(LOG), exist_ok=True)
    open(LOG, "w").close()
    say("Setting up {} (once; details in .scones/setup.log)".format(os.path.relpath(venv, ROOT)))
    make_venv(venv)
    python = os.path.join(venv, "bin", "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(pip + ["--require-hashes", "-r", lock("bootstrap")])
    uv = [os.path.join(venv, "bin", "uv"), "pip", "install", "--quiet", "--python", python]
    run(uv + ["--require-hashes", "-r", lock(kind)])
    if kind == "training":
        # Unlocked: pip takes the build (CPU or CUDA) that this machine's configuration offers.
        run(pip + [requirement("torch")])
    elif kind not in APART and not has_node():
        run(uv + ["--require-hashes", "-r", lock("node")])
    if kind != "training":
        run(uv + ["--no-deps", "--no-build-isolation", "--editable", ROOT])
    with open(stamp(venv, kind), "w") as file:
        file.write(fingerprint(kind))


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


def make_venv(venv: str) -> None:
    """A fresh, empty environment."""
    shutil.rmtree(venv, ignore_errors=True)
    try:
        import ensurepip  # noqa: F401 - Debian leaves it out of its python3
    except ImportError:
        fail("this Python cannot make virtual environments; on Debian: apt install python3-venv")
    run([sys.executable, "-m", "venv", venv])


def is_ready(venv: str, kind: str) -> bool:
    """An environment made for tests serves the demo too."""
    kinds = ("local", "dev") if kind == "local" else (kind,)
    for each in kinds:
        try:
            with open(stamp(venv, each)) as file:
                if file.read() == fingerprint(each):
                    return True
        except OSError:
            pass
    return False


def stamp(venv: str, kind: str) -> str:
    """The file that says for what an environment was made."""
    return os.path.join(venv, ".made-for-" + kind)


def fingerprint(kind: str) -> str:
    """What an environment depends on: locks, project definition, Python, Node, the place."""
    digest = hashlib.sha256(repr((sys.version, ROOT, has_node())).encode())
    for path in [os.path.join(ROOT, "pyproject.toml")] + [
        lock(name) for name in ("bootstrap", "node", kind)
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


def has_node() -> bool:
    """Whether the machine's own Node is recent enough for CDK's library."""
    node = shutil.which("node")
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
        said = log.read()
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
    if any(each.lower() in said.lower() for each in network):
        fail(
            "the package registry cannot be reached; check the network or the proxy, then run "
            "this again (details in .scones/setup.log)"
        )
    tail = "\n".join(said.strip().splitlines()[-8:])
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
