#!/usr/bin/env python3
"""Measures how the operator's views and a node's gate grow with the fleet, and prints figures and ratios; it judges nothing.

usage: Benchmarks/fleet.py FOLDER-OF-THE-PROGRAMS [NODES ...]        (default: 1000 3000 10000)

For each size a fleet of so many canaries, each with its own key and a signed report, and one store whose gate looks at all of them:

1. `plimsoll status`, `rollout` and `why` over all reports, fetching included.
2. A cycle of the store's agent that reads every canary for the first time, and one in which nothing is new. One canary still
   soaks, so that the gate waits and is asked in each cycle.

The reports are made and signed here (Ed25519 in plain Python) and given to the server in one pack.
"""

import base64
import hashlib
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib

from measure import ENVIRONMENT, run, timed, write

# Ed25519 (RFC 8032), in extended coordinates, with a table of the base point's powers of two.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    g, h = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def base_point():
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    x = x if x % 2 == 0 else P - x
    return x, y, 1, x * y % P


def table(point):
    """For each byte of a scalar its 256 multiples: a product is 31 additions."""
    rows = []
    for _ in range(32):
        row = [(0, 1, 1, 0)]
        for _ in range(255):
            row.append(add(row[-1], point))
        rows.append(row)
        point = add(row[-1], point)
    return rows


TABLE = table(base_point())


def product(scalar):
    point = (0, 1, 1, 0)
    for row, byte in zip(TABLE, scalar.to_bytes(32, "little")):
        if byte:
            point = add(point, row[byte])
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def text(*fields):
    return b"".join(struct.pack(">I", len(field)) + field for field in fields)


class Key:
    """A node's key; its private half follows from the name, for nobody has to keep it."""

    def __init__(self, name):
        digest = hashlib.sha512(name.encode()).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix = digest[32:]
        self.public = product(self.scalar)
        self.wire = text(b"ssh-ed25519", self.public)

    @property
    def line(self):
        return "ssh-ed25519 " + base64.b64encode(self.wire).decode()

    def sign(self, message):
        nonce = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ORDER
        point = product(nonce)
        challenge = int.from_bytes(hashlib.sha512(point + self.public + message).digest(), "little")
        return point + ((nonce + challenge * self.scalar) % ORDER).to_bytes(32, "little")

    def commit(self, tree, parent, message):
        """A commit with an SSH signature (openssh's PROTOCOL.sshsig, namespace git), as stock git makes it."""
        who = f"Node <node@example.com> {int(time.time())} +0000"
        head = f"tree {tree}\n" + (f"parent {parent}\n" if parent else "") + f"author {who}\ncommitter {who}\n"
        payload = f"{head}\n{message}\n".encode()
        signed = b"SSHSIG" + text(b"git", b"", b"sha512", hashlib.sha512(payload).digest())
        blob = b"SSHSIG" + struct.pack(">I", 1) + text(
            self.wire, b"git", b"", b"sha512", text(b"ssh-ed25519", self.sign(signed)))
        body = base64.b64encode(blob).decode()
        lines = [body[i:i + 70] for i in range(0, len(body), 70)]
        armour = ["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----"]
        return (head + "gpgsig " + "\n ".join(armour) + f"\n\n{message}\n").encode()


class Pack:
    """A pack file, written object by object."""

    KINDS = {"commit": 1, "tree": 2, "blob": 3}

    def __init__(self):
        self.objects = []

    def add(self, kind, content):
        size, first = len(content), True
        header, code = bytearray(), Pack.KINDS[kind] << 4
        while first or size:
            low = 4 if first else 7
            byte = (code if first else 0) | size & (1 << low) - 1
            size >>= low
            header.append(byte | (0x80 if size else 0))
            first = False
        self.objects.append(bytes(header) + zlib.compress(content, 1))
        return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()

    def give(self, repository):
        data = b"PACK" + struct.pack(">II", 2, len(self.objects)) + b"".join(self.objects)
        subprocess.run(["git", "index-pack", "--stdin"], cwd=repository, env=ENVIRONMENT, check=True,
                       input=data + hashlib.sha1(data).digest(), stdout=subprocess.DEVNULL)


class Fleet:
    """So many canaries that are healthy, all but one, and a store with a real agent."""

    def __init__(self, folder, programs, size):
        self.folder, self.programs, self.size = folder, programs, size
        self.server, self.clone = f"{folder}/server.git", f"{folder}/fleet"
        self.state, self.configuration = f"{folder}/state", f"{folder}/agent.yaml"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", f"{folder}/operator")
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", self.server)
        run("git", "init", "--quiet", "--initial-branch=main", self.clone)
        for key, value in {"gpg.format": "ssh", "user.signingkey": f"{folder}/operator", "commit.gpgsign": "true"}.items():
            run("git", "config", key, value, cwd=self.clone)
        public = open(f"{folder}/operator.pub").read().split()
        self.names = [f"canary-{number:05}" for number in range(size)]
        self.keys = {name: Key(name) for name in self.names}
        files = {
            "trust/allowed_signers": f'operator@example.com namespaces="git" {public[0]} {public[1]}\n',
            "fleet.yaml": 'apiVersion: plimsoll/v1\nfleet: bench\nagent: "0.1"\n',
            "baselines/base.yaml": "apiVersion: plimsoll/v1\nmanager: apt\npackages:\n  till: 1.0-1\n",
            "groups/canary/group.yaml": "apiVersion: plimsoll/v1\nbaseline: base\ngate: none\n",
            "groups/stores/group.yaml":
                "apiVersion: plimsoll/v1\nbaseline: base\ngate: {after: [canary], soak: 4h, healthy: 100%, failures: 0}\n",
        }
        for name in self.names:
            files[f"groups/canary/nodes/{name}.yaml"] = f"apiVersion: plimsoll/v1\nkey: {self.keys[name].line}\n"
        self.publish(files, "Begin")
        self.introduction = run("git", "rev-parse", "HEAD", cwd=self.clone)
        write(f"{folder}/root/var/lib/dpkg/status", "")
        write(self.configuration, f"apiVersion: plimsoll/v1\nnode: store-1\nremote: {self.server}\n"
              f'introduction: "{self.introduction}"\nstate: {self.state}\nroot: {folder}/root\ninterval: 1h\n')
        node = run(f"{programs}/plimsoll-agent", "enroll", "--config", self.configuration)
        self.publish({"groups/stores/nodes/store-1.yaml": node + "\n"}, "Enrol")
        run(f"{programs}/plimsoll-agent", "reconcile", "--config", self.configuration)
        own = json.loads(run("git", "show", "refs/heads/latest/store-1:report.json", cwd=self.server))
        self.own = {f"refs/heads/{kind}/store-1": run("git", "rev-parse", f"refs/heads/{kind}/store-1", cwd=self.server)
                    for kind in ("status", "latest")}
        self.report_all(own)

    def publish(self, files, message):
        for path, content in files.items():
            write(f"{self.clone}/{path}", content)
        run("git", "add", "--all", cwd=self.clone)
        run("git", "commit", "--quiet", "--message", message, cwd=self.clone)
        run("git", "push", "--quiet", self.server, "main", cwd=self.clone)

    def report_all(self, own):
        """Gives the server a report of every canary, made after the store's own."""
        declared = own["baseline"]["declared"]
        pack, references = Pack(), []
        for number, name in enumerate(self.names):
            healthy = 3600 if number == 0 else 14400
            report = own | {
                "node": name, "group": "canary", "sequence": 1, "previous": None, "phase": "converged",
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "reasons": [],
                "baseline": own["baseline"] | {"admitted": declared},
                "proven": [declared | {"healthyFor": healthy}],
                "packages": {"counts": {"installed": 1}, "entries": [], "notApplicable": []},
            }
            blob = pack.add("blob", (json.dumps(report, indent=2, sort_keys=True) + "\n").encode())
            tree = pack.add("tree", b"100644 report.json\0" + bytes.fromhex(blob))
            tip = pack.add("commit", self.keys[name].commit(tree, None, "report 1"))
            latest = pack.add("commit", self.keys[name].commit(tree, None, f"report 1\n\nPlimsoll-Chain: {tip}"))
            references += [f"create refs/heads/status/{name} {tip}", f"create refs/heads/latest/{name} {latest}"]
        pack.give(self.server)
        run("git", "update-ref", "--stdin", cwd=self.server, input="\n".join(references) + "\n")
        run("git", "pack-refs", "--all", cwd=self.server)

    def operator(self, *arguments):
        return timed(f"{self.programs}/plimsoll", *arguments, "--repository", self.server, "--introduction", self.introduction)

    def cycle(self):
        return timed(f"{self.programs}/plimsoll-agent", "reconcile", "--config", self.configuration)

    def first_cycle(self):
        """A cycle of a node that has the fleet repository and no report of anybody."""
        copy = f"{self.state}-before"
        if not os.path.exists(copy):
            shutil.copytree(self.state, copy)
        shutil.rmtree(self.state)
        shutil.copytree(copy, self.state)
        for reference, tip in self.own.items():
            run("git", "update-ref", reference, tip, cwd=self.server)
        return self.cycle()

    def check(self):
        """Whether what is measured is what is meant: every report verified, the gate waiting for the one."""
        status = json.loads(run(f"{self.programs}/plimsoll", "status", "--json", "--repository", self.server))
        assert status["summary"]["verified"] == self.size + 1, status["summary"]
        state = json.loads(run(f"{self.programs}/plimsoll-agent", "status", "--json", "--config", self.configuration))
        codes = {reason["code"] for reason in state["decision"]["reasons"]}
        assert codes == {"tooFewHealthy", "canarySoaking"}, codes


ROUNDS = 3


def main():
    programs = os.path.abspath(sys.argv[1])
    sizes = [int(size) for size in sys.argv[2:]] or [1000, 3000, 10000]
    works = {
        "plimsoll status": lambda fleet: fleet.operator("status", "--json"),
        "plimsoll rollout": lambda fleet: fleet.operator("rollout"),
        "plimsoll why store-1": lambda fleet: fleet.operator("why", "store-1"),
        "agent, all canaries new": Fleet.first_cycle,
        "agent, nothing new": Fleet.cycle,
    }
    found = {name: [] for name in works}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="plimsoll-fleet-") as folder:
            fleet = Fleet(folder, programs, size)
            print(f"{size} canaries, each with a signed report; {ROUNDS} rounds", flush=True)
            for name, work in works.items():
                values = [work(fleet) for _ in range(ROUNDS)]
                wall, cpu, memory = ([value[i] for value in values] for i in range(3))
                found[name].append(statistics.median(cpu))
                print(f"  {name:<24} {statistics.median(wall):9.0f} ms ({min(wall):.0f}–{max(wall):.0f})"
                      f"   cpu {statistics.median(cpu):8.0f} ms   peak {max(memory):6.1f} MiB", flush=True)
            fleet.check()
    print("growth in processor time, beside the growth of the fleet")
    steps = [f"{small} → {large}: ×{large / small:.1f}" for small, large in zip(sizes, sizes[1:])]
    print(f"  {'nodes':<24} {'   '.join(steps)}")
    for name, values in found.items():
        growth = [f"×{large / small:.1f}" for small, large in zip(values, values[1:])]
        print(f"  {name:<24} {'   '.join(growth)}")


if __name__ == "__main__":
    main()
