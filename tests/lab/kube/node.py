"""One node with its control plane, in a network namespace of its own that this host reaches by a veth pair.

etcd, kube-apiserver, controller-manager, scheduler, containerd, kubelet and kube-proxy are known by their pid files.
Addresses: the host 10.213.0.1, the node 10.213.0.2, pods 10.214.0.0/24, services 10.215.0.0/24.
"""

import contextlib
import json
import os
import shutil
import signal
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.lab.daemons import Daemon
from tests.lab.errors import LabError
from tests.lab.kube import building
from tests.lab.kube.images import Packed, archive, of_program
from tests.lab.paths import LabPaths

if TYPE_CHECKING:
    from collections.abc import Callable

HOST, NODE = "10.213.0.1", "10.213.0.2"
PODS, SERVICES = "10.214.0.0/24", "10.215.0.0/24"
API = f"https://{NODE}:6443"
_NAMESPACE, _LINK, _PEER = "avnkube", "avnkube0", "avnkube1"
_PAUSE = "lab.test/pause:1"
_ADMIN, _LIMITED = "lab-admin-token", "lab-limited-token"
_TOKENS = f'{_ADMIN},admin,1,"system:masters"\n{_LIMITED},limited,2,"lab:limited"\n'
_CONTAINERD = """\
version = 2
root = "{state}/containerd"
state = "{run}/containerd"
[grpc]
  address = "{run}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni}"
    conf_dir = "{state}/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""
_CNI = {
    "cniVersion": "0.4.0", "name": "lab", "plugins": [
        {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": False, "hairpinMode": True,
         "ipam": {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}  # fmt: skip
_KUBELET = {
    "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "cgroupDriver": "cgroupfs",
    "failSwapOn": False, "oomScoreAdj": 0, "authentication": {"anonymous": {"enabled": True},
    "webhook": {"enabled": False}}, "authorization": {"mode": "AlwaysAllow"}, "clusterDomain": "cluster.local",
    "makeIPTablesUtilChains": True, "localStorageCapacityIsolation": False, "cgroupsPerQOS": True,
    "enforceNodeAllocatable": [], "imageGCHighThresholdPercent": 100, "evictionHard": {"memory.available": "50Mi"},
    "syncFrequency": "5s", "nodeStatusUpdateFrequency": "5s", "registerNode": True, "address": NODE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """The cluster on this machine. `up()` is idempotent."""

    paths: LabPaths

    @property
    def state(self) -> Path:
        """Its data, made afresh by `remove`."""
        return self.paths.root / "kube" / "state"

    @property
    def run(self) -> Path:
        """Sockets, pid files and logs."""
        return self.paths.root / "kube" / "run"

    @property
    def bin(self) -> Path:
        """The programs."""
        return building.folder(self.paths.root) / "bin"

    @property
    def kubeconfig(self) -> Path:
        """An administrator's; the context is `lab`, and `limited` is a user without rights."""
        return self.state / "kubeconfig"

    @property
    def env(self) -> dict[str, str]:
        """The environment in which `helm` and `kubectl` speak to this cluster."""
        path = os.pathsep.join([str(self.bin), os.environ.get("PATH", "")])
        home = {name: str(self.state / "helm") for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
        return {**os.environ, **home, "PATH": path, "KUBECONFIG": str(self.kubeconfig)}

    def up(self, *, pods: bool = True) -> "Node":
        """Start what does not run, and wait until the node is ready; without pods, only the API server."""
        with self.paths.locked():
            for folder in (self.state, self.run, self.state / "net.d"):
                folder.mkdir(parents=True, exist_ok=True)
            self._files()
            _network()
            for daemon in self._daemons()[: None if pods else 2]:
                daemon.start()
            if pods:
                self._images()
        if pods:
            self._wait_ready()
        return self

    def forget(self) -> None:
        """Begin with an empty cluster: without a controller a namespace never goes, and its node ports stay taken."""
        self.down()
        shutil.rmtree(self.state / "etcd", ignore_errors=True)

    def down(self) -> None:
        """End everything, pods too; the data stays."""
        subprocess.run(
            [self.bin / "kubectl", "delete", "pods", "--all", "-A", "--force", "--grace-period=0", "--wait=false"],
            env=self.env, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        for daemon in reversed(self._daemons()):
            daemon.stop()
        self._end_pods()

    def _end_pods(self) -> None:
        """End what containerd leaves running: its shims, known by this node's socket, and their containers."""
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = file.read_bytes().decode("utf-8", "replace").split("\0")
            except OSError:
                continue
            if "containerd-shim" not in words[0] or str(self.run / "containerd.sock") not in words:
                continue
            shim = int(file.parent.name)
            told = subprocess.run(["pgrep", "-P", str(shim)], capture_output=True, text=True, check=False).stdout
            for pid in (*map(int, told.split()), shim):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def kubectl(self, *words: str, feed: str = "", check: bool = True) -> str:
        """What kubectl says."""
        done = subprocess.run(
            [self.bin / "kubectl", *words], env=self.env, input=feed, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise LabError(f"kubectl {' '.join(words[:6])}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def _files(self) -> None:
        state = self.state
        (state / "tokens.csv").write_text(_TOKENS)
        if not (state / "sa.key").exists():
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            form = serialization.PrivateFormat.TraditionalOpenSSL
            data = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
            (state / "sa.key").write_bytes(data)
        users = [
            {"name": name, "user": {"token": token}} for name, token in (("admin", _ADMIN), ("limited", _LIMITED))
        ]
        cluster = {"server": API, "insecure-skip-tls-verify": True}
        contexts = [
            {"name": name, "context": {"cluster": "lab", "user": user}}
            for name, user in (("lab", "admin"), ("limited", "limited"))
        ]
        config = {
            "apiVersion": "v1", "kind": "Config", "clusters": [{"name": "lab", "cluster": cluster}], "users": users,
            "contexts": contexts, "current-context": "lab",
        }  # fmt: skip
        self.kubeconfig.write_text(json.dumps(config))
        self.kubeconfig.chmod(0o600)
        (state / "net.d" / "10-lab.conflist").write_text(json.dumps(_CNI))
        socket = f"unix://{self.run / 'containerd.sock'}"
        (state / "kubelet.yaml").write_text(json.dumps({**_KUBELET, "containerRuntimeEndpoint": socket}))
        cni = building.folder(self.paths.root) / "cni/usr/lib/cni"
        text = _CONTAINERD.format(state=state, run=self.run, cni=cni, pause=_PAUSE)
        (state / "containerd.toml").write_text(text)

    def _daemons(self) -> list[Daemon]:
        state, run, binaries = self.state, self.run, self.bin
        config = f"--kubeconfig={self.kubeconfig}"
        listed: list[tuple[str, list[str], Callable[[], bool]]] = [
            ("etcd", ["--data-dir", f"{state}/etcd", "--listen-client-urls", "http://127.0.0.1:2379",
                      "--advertise-client-urls", "http://127.0.0.1:2379", "--listen-peer-urls", "http://127.0.0.1:2380",
                      "--unsafe-no-fsync"], lambda: True),
            ("kube-apiserver", ["--etcd-servers=http://127.0.0.1:2379", f"--cert-dir={state}/certs",
                                f"--bind-address={NODE}", f"--advertise-address={NODE}",
                                f"--service-cluster-ip-range={SERVICES}", f"--token-auth-file={state}/tokens.csv",
                                f"--service-account-key-file={state}/sa.key",
                                f"--service-account-signing-key-file={state}/sa.key",
                                "--service-account-issuer=https://lab.test", "--authorization-mode=RBAC",
                                "--allow-privileged=true",
                                "--kubelet-preferred-address-types=InternalIP"], api_answers),
            ("containerd", ["--config", f"{state}/containerd.toml"], (run / "containerd.sock").exists),
            ("kube-controller-manager", [config, f"--service-account-private-key-file={state}/sa.key",
                                         f"--root-ca-file={state}/certs/apiserver.crt", "--leader-elect=false",
                                         f"--cert-dir={state}/certs-manager"], lambda: True),
            ("kube-scheduler", [config, "--leader-elect=false", f"--cert-dir={state}/certs-scheduler"], lambda: True),
            ("kubelet", [config, f"--config={state}/kubelet.yaml", f"--root-dir={state}/kubelet", f"--node-ip={NODE}",
                         "--hostname-override=lab", f"--cert-dir={state}/certs-kubelet"], lambda: True),
            ("kube-proxy", [config, "--hostname-override=lab", f"--cluster-cidr={PODS}", "--conntrack-max-per-core=0",
                            "--oom-score-adj=0", "--proxy-mode=iptables", "--conntrack-tcp-timeout-established=0",
                            "--conntrack-tcp-timeout-close-wait=0"], lambda: True),
        ]  # fmt: skip
        found = []
        for name, words, ready in listed:
            program = self.paths.tools / "usr/bin/containerd" if name == "containerd" else binaries / name
            inside = ("nsenter", f"--net=/run/netns/{_NAMESPACE}")
            env = {**self.env, "PATH": f"{self.paths.tools / 'usr/bin'}:{os.environ['PATH']}:/usr/sbin:/sbin"}
            found.append(Daemon(name, [str(program), *words], run, env, ready, inside))
        return found

    def _images(self) -> None:
        mark = self.state / "images"
        if mark.exists():
            return
        tags = {f"gateway:{version}": [f"VERSION={version}"] for version in ("1.5.0", "1.6.0", "2.0.0")}
        tags |= {"gateway:broken": ["BROKEN=1"], "pause:1": [], "migrate:1": [], "migrate:broken": ["FAILS=1"]}
        self.load(of_program(self.bin / "app", tags))
        mark.touch()

    def load(self, images: Sequence[Packed]) -> None:
        """Have these images in the node's store.

        Raises:
            LabError: containerd does not take them.
        """
        tar = archive(images, self.state / "images.tar")
        ctr = [str(self.paths.tools / "usr/bin/ctr"), "-a", str(self.run / "containerd.sock"), "-n", "k8s.io"]
        done = subprocess.run(
            [*ctr, "images", "import", tar], capture_output=True, text=True, check=False, timeout=120
        )
        tar.unlink()
        if done.returncode:
            raise LabError(f"the images cannot be imported: {done.stderr.strip()[-1000:]}")

    def _wait_ready(self, limit_s: float = 90.0) -> None:
        deadline, said = time.monotonic() + limit_s, ""
        while time.monotonic() < deadline:
            said = self.kubectl("get", "nodes", "-o", "json", check=False)
            nodes = json.loads(said)["items"] if said.strip() else []
            conditions = [each for node in nodes for each in node["status"].get("conditions", ())]
            if any(each["type"] == "Ready" and each["status"] == "True" for each in conditions):
                return
            time.sleep(0.5)
        tail = "\n".join((self.run / "kubelet.log").read_text("utf-8", "replace").splitlines()[-8:])
        raise LabError(f"the node does not get ready:\n{tail}")


def api_answers() -> bool:
    """Whether the API server is ready."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(f"{API}/readyz", headers={"Authorization": f"Bearer {_ADMIN}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=2, context=context) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def _network() -> None:
    """The namespace, the veth pair and the routes; what is there stays."""
    if Path(f"/run/netns/{_NAMESPACE}").exists() and Path(f"/sys/class/net/{_LINK}").exists():
        return
    subprocess.run(["ip", "netns", "delete", _NAMESPACE], capture_output=True, check=False)
    inside = ["nsenter", f"--net=/run/netns/{_NAMESPACE}"]
    for words in (
        ["ip", "netns", "add", _NAMESPACE],
        ["ip", "link", "add", _LINK, "type", "veth", "peer", "name", _PEER, "netns", _NAMESPACE],
        ["ip", "addr", "add", f"{HOST}/30", "dev", _LINK],
        ["ip", "link", "set", _LINK, "up"],
        [*inside, "ip", "addr", "add", f"{NODE}/30", "dev", _PEER],
        [*inside, "ip", "link", "set", _PEER, "up"],
        [*inside, "ip", "link", "set", "lo", "up"],
        [*inside, "ip", "route", "add", "default", "via", HOST],
        [*inside, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"],
        ["ip", "route", "replace", PODS, "via", NODE],
        ["ip", "route", "replace", SERVICES, "via", NODE],
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"{' '.join(words)}: {done.stderr.strip()}")
