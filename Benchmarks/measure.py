#!/usr/bin/env python3
"""Measures what docs and notes claim, and prints figures and ratios; it judges nothing.

usage: Benchmarks/measure.py FOLDER-OF-THE-PROGRAMS [ROUNDS]

1. A cycle with nothing to do, 100 pinned packages, repository on the same machine: the agent beside a shell script that does
   `git fetch`, `git verify-commit`, `dpkg-query` and the comparison; in turn, so that both meet the same machine.
2. The memory of `plimsoll-agent run` between two cycles.
3. The verification of 1,000 signed reports in one process, beside stock git.
4. The sizes of the programs, stripped.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

PACKAGES = 100
REPORTS = 1000
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
    "GIT_AUTHOR_NAME": "Operator", "GIT_AUTHOR_EMAIL": "operator@example.com",
    "GIT_COMMITTER_NAME": "Operator", "GIT_COMMITTER_EMAIL": "operator@example.com",
}

SCRIPT = """#!/bin/sh
set -e
cd "$1"
git fetch --quiet origin main
git verify-commit FETCH_HEAD 2>/dev/null
dpkg-query --admindir="$2/var/lib/dpkg" --show --showformat='${Package} ${Version}\\n' | sort > installed
git show FETCH_HEAD:baselines/base.yaml | sed -n 's/^  \\([a-z0-9-]*\\): \\(.*\\)$/\\1 \\2/p' | sort > declared
comm -23 declared installed
"""


def run(*arguments, cwd=None, input=None):
    result = subprocess.run(arguments, cwd=cwd, env=ENVIRONMENT, input=input, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: {result.stderr}{result.stdout}")
    return result.stdout.strip()


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def timed(*arguments):
    """Wall milliseconds, CPU milliseconds and peak memory in MiB of a whole process with its children."""
    start = time.monotonic()
    process = subprocess.Popen(arguments, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with {process.returncode}")
    return (time.monotonic() - start) * 1000, (usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss / 1024


def row(name, values):
    wall, cpu, memory = ([value[i] for value in values] for i in range(3))
    print(f"  {name:<28} {statistics.median(wall):8.1f} ms ({min(wall):.1f}–{max(wall):.1f})"
          f"   cpu {statistics.median(cpu):6.1f} ms   peak {max(memory):5.1f} MiB")
    return statistics.median(wall)


class Fleet:
    """A fleet repository with one node that has all of its 100 packages."""

    def __init__(self, folder, agent):
        self.folder, self.agent = folder, agent
        self.server, self.clone = f"{folder}/server.git", f"{folder}/fleet"
        self.root, self.state, self.configuration = f"{folder}/root", f"{folder}/state", f"{folder}/agent.yaml"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", f"{folder}/operator")
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", self.server)
        run("git", "init", "--quiet", "--initial-branch=main", self.clone)
        for key, value in {
            "gpg.format": "ssh", "user.signingkey": f"{folder}/operator", "commit.gpgsign": "true",
            "gpg.ssh.allowedSignersFile": f"{self.clone}/trust/allowed_signers",
        }.items():
            run("git", "config", key, value, cwd=self.clone)
        public = open(f"{folder}/operator.pub").read().split()
        names = [f"package-{number:03}" for number in range(PACKAGES)]
        entries = "".join(f"  {name}: 1.{number}-1\n" for number, name in enumerate(names))
        self.files({
            "trust/allowed_signers": f'operator@example.com namespaces="git" {public[0]} {public[1]}\n',
            "fleet.yaml": 'apiVersion: plimsoll/v1\nfleet: bench\nagent: "0.1"\n',
            "baselines/base.yaml": f"apiVersion: plimsoll/v1\nmanager: apt\npackages:\n{entries}",
            "groups/only/group.yaml": "apiVersion: plimsoll/v1\nbaseline: base\ngate: none\n",
        }, "Begin")
        introduction = run("git", "rev-parse", "HEAD", cwd=self.clone)
        status = "".join(
            f"Package: {name}\nStatus: install ok installed\nPriority: optional\nMaintainer: x <x@example.com>\n"
            f"Architecture: amd64\nVersion: 1.{number}-1\nDescription: x\n\n" for number, name in enumerate(names))
        write(f"{self.root}/var/lib/dpkg/status", status)
        write(self.configuration, f"apiVersion: plimsoll/v1\nnode: node-1\nremote: {self.server}\n"
              f'introduction: "{introduction}"\nstate: {self.state}\nroot: {self.root}\ninterval: 1h\n')
        node = run(agent, "enroll", "--config", self.configuration)
        self.key = node.split("key: ")[1].strip()
        self.files({"groups/only/nodes/node-1.yaml": node + "\n"}, "Enrol")

    def files(self, files, message):
        for path, text in files.items():
            write(f"{self.clone}/{path}", text)
        run("git", "add", "--all", cwd=self.clone)
        run("git", "commit", "--quiet", "--message", message, cwd=self.clone)
        run("git", "push", "--quiet", self.server, "main", cwd=self.clone)


def quiet_cycle(fleet, rounds):
    print(f"a cycle with nothing to do, {PACKAGES} pinned packages, repository on this machine; {rounds} rounds")
    script, clone = f"{fleet.folder}/script.sh", f"{fleet.folder}/script-clone"
    write(script, SCRIPT, 0o755)
    run("git", "clone", "--quiet", fleet.server, clone)
    run("git", "config", "gpg.ssh.allowedSignersFile", f"{fleet.clone}/trust/allowed_signers", cwd=clone)
    agent = [fleet.agent, "reconcile", "--config", fleet.configuration]
    for _ in range(4):
        timed(*agent)
    before = open(f"{fleet.state}/state.json").read()
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(timed(*agent))
        theirs.append(timed(script, clone, fleet.root))
    ratio = row("plimsoll-agent reconcile", ours) / row("shell script", theirs)
    print(f"  ratio {ratio:.2f}; state written: {'no' if before == open(f'{fleet.state}/state.json').read() else 'yes'}")


def memory_between(fleet):
    process = subprocess.Popen([fleet.agent, "run", "--config", fleet.configuration], env=ENVIRONMENT,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children = f"/proc/{process.pid}/task/{process.pid}/children"
    begun = ended = False
    while not ended:
        busy = bool(open(children).read().strip())
        begun = begun or busy
        ended = begun and not busy
        time.sleep(0.005)
    lines = dict(line.split(":", 1) for line in open(f"/proc/{process.pid}/smaps_rollup") if ":" in line)
    resident, own = (int(lines[key].split()[0]) / 1024 for key in ("Rss", "Pss"))
    process.send_signal(signal.SIGTERM)
    process.wait()
    print(f"memory of 'plimsoll-agent run' between two cycles: {resident:.1f} MiB resident, {own:.1f} MiB its own share")


def verification(fleet, operator):
    """1,000 reports of one node, made by stock git and ssh-keygen with the node's key."""
    work = f"{fleet.folder}/reports"
    shutil.copytree(fleet.server, work)
    report = json.loads(run("git", "show", "refs/heads/latest/node-1:report.json", cwd=work))
    tip = run("git", "rev-parse", "refs/heads/status/node-1", cwd=work)
    key = f"{fleet.state}/node_ed25519"
    while report["sequence"] < REPORTS:
        tip_before = run("git", "rev-parse", "refs/heads/status/node-1", cwd=work)
        report["previous"], report["sequence"] = tip_before, report["sequence"] + 1
        text = json.dumps(report, indent=2, sort_keys=True, separators=(",", ": ")) + "\n"
        blob = run("git", "hash-object", "-w", "--stdin", cwd=work, input=text)
        tree = run("git", "mktree", cwd=work, input=f"100644 blob {blob}\treport.json\n")
        tip = run("git", "-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "commit-tree", "-S", "-p", tip_before,
                  "-m", f"report {report['sequence']}", tree, cwd=work)
        run("git", "update-ref", "refs/heads/status/node-1", tip, cwd=work)
    latest = run("git", "-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "commit-tree", "-S",
                 "-m", f"report\n\nPlimsoll-Chain: {tip}", f"{tip}^{{tree}}", cwd=work)
    run("git", "update-ref", "refs/heads/latest/node-1", latest, cwd=work)
    signers = f"{fleet.folder}/signers"
    write(signers, f'node-1@bench namespaces="git" {fleet.key}\n')
    print(f"verification of {REPORTS} signed reports, whole process, reading included")
    ours = [timed(operator, "verify", "--repository", work) for _ in range(5)]
    theirs = [timed("git", "-C", work, "-c", "gpg.format=ssh", "-c", f"gpg.ssh.allowedSignersFile={signers}",
                    "log", "--format=%G?", "status/node-1")]
    print(f"  ratio {row('plimsoll verify', ours) / row('git log --format=%G?', theirs):.4f}")


def sizes(programs, folder):
    for name in ("plimsoll-agent", "plimsoll"):
        copy = f"{folder}/{name}"
        shutil.copy(f"{programs}/{name}", copy)
        run("strip", copy)
        print(f"size of {name}, stripped: {os.path.getsize(copy) / 1e6:.1f} MB")


def main():
    programs = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as folder:
        fleet = Fleet(folder, f"{programs}/plimsoll-agent")
        quiet_cycle(fleet, rounds)
        memory_between(fleet)
        verification(fleet, f"{programs}/plimsoll")
        sizes(programs, folder)


if __name__ == "__main__":
    main()
