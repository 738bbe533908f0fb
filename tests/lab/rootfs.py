"""The file systems of the lab's images: Debian packages unpacked, without their scripts, layer by layer."""

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.lab.certificate import default_certificate
from tests.lab.debian import Suite, run
from tests.lab.layers import Layer, known_layer, layer_of
from tests.lab.paths import LabPaths

_VERSION = "5"
"""Raised when a recipe below changes, so that cached layers are made again."""

_BASE = ("base-files", "bash", "coreutils", "dash", "findutils", "grep", "libc-bin", "sed")
_PYTHON = ("python3", "python3-psycopg", "python3-psycopg-c")
_NOT_NEEDED = (
    "adduser",
    "cron",
    "dbus",
    "debconf",
    "dpkg",
    "init-system",
    "iproute2",
    "libllvm",
    "libpam-modules",
    "libperl",
    "libsystemd-shared",
    "libz3-",
    "locales",
    "login",
    "logrotate",
    "lsb-",
    "media-types",
    "netbase",
    "openssl",
    "passwd",
    "perl",
    "postgresql-client-common",
    "postgresql-common",
    "procps",
    "sensible-utils",
    "ssl-cert",
    "systemd",
    "sysvinit",
    "ucf",
    "util-linux",
)
"""What the packages depend on for their installation or for features that nobody uses here."""

_PASSWD = """root:x:0:0:root:/root:/bin/bash
postgres:x:999:999::/var/lib/postgresql:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
"""
_GROUP = "root:x:0:\npostgres:x:999:\nnogroup:x:65534:\n"
_HERE = Path(__file__).parent / "rootfs"
_WARM = "import http.server, json, psycopg, psycopg_c, signal, threading, urllib.parse"


@dataclass(frozen=True, slots=True)
class Base:
    """A base layer and the archives that are in it already."""

    suite: Suite
    layer: Layer
    archives: frozenset[str]


class Rootfs:
    """Builds layers below the lab's folder, once each."""

    def __init__(self, paths: LabPaths) -> None:
        self.paths = paths
        self.work = paths.root / "work"

    def base(self, suite: Suite, *, python: bool) -> Base:
        """The lowest layer: a shell, coreutils and, if asked for, Python with psycopg."""
        packages = (*_BASE, *(_PYTHON if python else ()))
        name, tree = f"base-{suite.name}-{_VERSION}", self.work / f"base-{suite.name}"
        listed = self.paths.layers / f"{name}.archives.json"
        layer = known_layer(self.paths.layers, name)
        if layer is not None:
            archives = json.loads(listed.read_text("utf-8"))
        else:
            suite.prepare()
            archives = _wanted(suite.closure(packages))
            listed.write_text(json.dumps(archives), "utf-8")
            self._fresh(tree)
            suite.download(packages)
            suite.unpack(archives, tree)
            _skeleton(tree)
            _install(tree, "healthcheck.py", "usr/local/bin/healthcheck")
            _slim(tree)
            run("ldconfig", "-r", str(tree))
            if python:
                compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": ""}
                run("chroot", str(tree), "/usr/bin/python3", "-c", _WARM, env=compiled)
            layer = layer_of(tree, self.paths.layers, name)
        return Base(suite, layer, frozenset(archives))

    def plain(self, base: Base, name: str, packages: tuple[str, ...], scripts: dict[str, str]) -> Layer:
        """A layer of some packages over the base; `scripts` maps a file of `rootfs/` to its place."""
        known = known_layer(self.paths.layers, self._name(base, name))
        if known is not None:
            return known
        tree = self._unpacked(base, name, packages)
        for source, place in scripts.items():
            _install(tree, source, place)
        return layer_of(tree, self.paths.layers, self._name(base, name))

    def postgres(self, base: Base, major: int) -> Layer:
        """The server, its clients, gosu and the locale en_US.utf8, without the JIT and its 130 MB of LLVM."""
        name = f"postgres-{major}"
        known = known_layer(self.paths.layers, self._name(base, name))
        if known is not None:
            return known
        tree = self._unpacked(base, name, (f"postgresql-{major}", "gosu"))
        for path in (tree / "usr/lib/postgresql").glob("*/lib/llvmjit*"):
            path.unlink()
        shutil.rmtree(tree / f"usr/lib/postgresql/{major}/lib/bitcode", ignore_errors=True)
        sample = tree / f"usr/share/postgresql/{major}/postgresql.conf.sample"
        text = sample.read_text("utf-8").replace("#listen_addresses = 'localhost'", "listen_addresses = '*'")
        sample.write_text(text, "utf-8")
        _install(tree, "postgres-entrypoint.sh", "usr/local/bin/docker-entrypoint.sh")
        (tree / "docker-entrypoint-initdb.d").mkdir()
        for folder in (tree / "var/lib/postgresql", tree / "var/run", tree / "run/postgresql"):
            if folder.exists() and not folder.is_symlink():
                shutil.rmtree(folder)
        (tree / "var/lib/postgresql").mkdir(parents=True)
        self._locale(base, tree)
        return layer_of(tree, self.paths.layers, self._name(base, name))

    def traefik(self, fetch: Callable[[], Path]) -> Layer:
        """A layer with Traefik's one binary, fetched where there is none yet, and a certificate for it."""
        name = f"traefik-certified-{_VERSION}"
        layer = known_layer(self.paths.layers, name)
        if layer is None:
            tree = self._fresh(self.work / "traefik")
            (tree / "usr/local/bin").mkdir(parents=True)
            shutil.copy2(fetch(), tree / "usr/local/bin/traefik")
            (tree / "usr/local/bin/traefik").chmod(0o755)
            _install(tree, "traefik-entrypoint.sh", "usr/local/bin/traefik-entrypoint.sh")
            (tree / "etc").mkdir()
            (tree / "etc/traefik-certificate.yml").write_text(json.dumps(default_certificate()), "ascii")
            layer = layer_of(tree, self.paths.layers, name)
        return layer

    def clean(self) -> None:
        """Remove the unpacked trees; the layers stay."""
        shutil.rmtree(self.work, ignore_errors=True)

    def _name(self, base: Base, name: str) -> str:
        return f"{name}-{base.suite.name}-{_VERSION}"

    def _unpacked(self, base: Base, name: str, packages: tuple[str, ...]) -> Path:
        tree = self._fresh(self.work / name)
        suite = base.suite
        suite.prepare()
        suite.download(packages)
        suite.unpack([each for each in _wanted(suite.closure(packages)) if each not in base.archives], tree)
        _slim(tree)
        return tree

    def _locale(self, base: Base, tree: Path) -> None:
        whole = self._fresh(self.work / "locale")
        base.suite.download(("locales", "gzip"))
        archives = [
            each for each in base.suite.closure(("locales", "gzip")) if each.startswith(("locales_", "gzip_"))
        ]
        base.suite.unpack([*base.archives, *archives], whole)
        run("chroot", str(whole), "localedef", "-i", "en_US", "-f", "UTF-8", "--no-archive", "en_US.UTF-8")
        shutil.copytree(whole / "usr/lib/locale/en_US.utf8", tree / "usr/lib/locale/en_US.utf8")

    def _fresh(self, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def _wanted(archives: Iterable[str]) -> list[str]:
    return [each for each in archives if not each.startswith(_NOT_NEEDED)]


def _skeleton(tree: Path) -> None:
    (tree / "etc/passwd").write_text(_PASSWD, "utf-8")
    (tree / "etc/group").write_text(_GROUP, "utf-8")
    for folder in ("tmp", "run", "root", "proc", "sys", "dev", "data", "certs"):
        (tree / folder).mkdir(exist_ok=True)
    (tree / "tmp").chmod(0o1777)


def _slim(tree: Path) -> None:
    for folder in (
        "usr/share/doc",
        "usr/share/man",
        "usr/share/locale",
        "usr/share/lintian",
        "usr/share/info",
        "lib/systemd",
    ):
        shutil.rmtree(tree / folder, ignore_errors=True)


def _install(tree: Path, source: str, place: str) -> None:
    target = tree / place
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_HERE / source, target)
    target.chmod(0o755)
