"""The image: its steps are those of container/install.sh, which are run here into a bare folder and tried offline."""

import fnmatch
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
OFFLINE = ("unshare", "--map-root-user", "--net")  # a namespace of its own, in which no network is up
BIN = Path(sys.executable).parent


def run(*command: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the build sees: the files of the repository that .dockerignore lets through."""
    context = tmp_path_factory.mktemp("context")
    let_through = [
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")
    ]
    tracked = run("git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines()
    names = [name for name in tracked if any(fnmatch.fnmatch(name, f"{each}*") for each in let_through)]
    assert len(names) > 100
    for name in names:
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, context / name)
    return context


@pytest.fixture(scope="module")
def installed(context: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the steps of the image have installed the desk; the sources are gone."""
    folder = tmp_path_factory.mktemp("installed") / "luce"
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "PYTHON": sys.executable}
    pip = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and name != "PIP_REQUIRE_VIRTUALENV"
    }
    for step in ("dependencies", "project"):
        run(context / "container" / "install.sh", step, folder, env=environ | pip)
    shutil.rmtree(context)
    return folder


@pytest.fixture(scope="module")
def environ(installed: Path) -> dict[str, str]:
    return {"PATH": f"{installed}/bin:/usr/bin:/bin", "HOME": str(installed.parent), "LANG": "C.UTF-8"}


def test_the_dockerfile_is_in_order() -> None:
    done = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_built_by_the_steps_that_are_tried_here() -> None:
    for step in ("dependencies", "project"):
        assert f"RUN container/install.sh {step} /opt/luce" in DOCKERFILE
    assert "\nUSER 1000\n" in DOCKERFILE
    assert "\nHEALTHCHECK " in DOCKERFILE
    assert "\nRUN luce index\n" in DOCKERFILE


def test_the_compose_file_serves_what_the_image_keeps() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["luce"]

    assert service["volumes"] == ["records:/var/lib/luce"]
    assert "VOLUME /var/lib/luce" in DOCKERFILE
    assert service["ports"] == ["127.0.0.1:8080:8080"]
    assert "EXPOSE 8080" in DOCKERFILE
    assert set(compose["volumes"]) == {"records"}


def test_no_torch_and_no_test_tool_is_in_the_image(installed: Path) -> None:
    names = {path.name.lower() for path in (installed / "lib").rglob("site-packages/*")}

    assert "luce" not in names  # the packages have names of their own
    assert {"bot", "knowledge", "retrieval", "calculators", "chromadb"} <= names
    assert not names & {"torch", "pytest", "hypothesis", "playwright", "sentence_transformers", "tests"}


def test_the_desk_answers_without_a_network_and_without_its_sources(environ: dict[str, str]) -> None:
    check = run(*OFFLINE, "luce", "check", env=environ)
    index = run(*OFFLINE, "luce", "index", env=environ)
    answer = run(*OFFLINE, "luce", "ask", "今年研发费用1200万，去年900万，能补多少", env=environ)
    searched = run(*OFFLINE, "luce", "ask", "怎样让科研成果更快变成产品", env=environ)

    assert check.stdout.startswith("ok: ")
    assert "ready in" in index.stdout
    assert "合计：最高110万元" in answer.stdout
    assert "政策解读" in searched.stdout


SERVE = """
import fcntl, socket, struct, subprocess, time, urllib.request
with socket.socket() as any_socket:  # the loopback of this namespace, which is down at first
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))
desk = subprocess.Popen(["luce", "serve"])
try:
    for _ in range(600):
        assert desk.poll() is None
        try:
            print(urllib.request.urlopen("http://127.0.0.1:8080/readyz", timeout=4).read().decode())
            break
        except OSError:
            time.sleep(0.1)
finally:
    desk.terminate()
    print(desk.wait(40))
"""


def test_the_desk_is_served_without_a_network(environ: dict[str, str], tmp_path: Path) -> None:
    served = run(*OFFLINE, "python", "-c", SERVE, env=environ | {"LUCE_DATA": str(tmp_path)})

    assert served.stdout.split() == ["ready", "0"]
