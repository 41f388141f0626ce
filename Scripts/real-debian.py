#!/usr/bin/env python3
"""Takes real Debian machines from the release's packages to the security archive's and back, with the agent.

usage: Scripts/real-debian.py FOLDER-OF-THE-PROGRAMS [MIRROR]

Needs root, debootstrap, and a mirror of Debian; so it is no part of the tests. Three machines are debootstrapped, each a root of
its own in namespaces of its own, in which the agent runs as on any node: maintainer scripts, triggers, conffiles and all. Services
are installed and not started (policy-rc.d), since there is no systemd.

- `keeps`: its sources still offer what is installed. Forward, back by a revert, forward again, and back with the network gone.
- `rebuilds`: its sources are the security archive alone, so that what is installed is offered by nobody: dpkg-repack.
- `bare`: without Plimsoll; `apt-get dist-upgrade` does the same there, for the time that it takes.

After each way: the versions of all packages, `dpkg --audit`, automatic marks, and configuration files changed by hand.
Prints what was seen, and ends with 1 if anything is not as it was or should be.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

SUITE = "bookworm"
NEEDED = ["ca-certificates", "git", "libgit2-1.5", "libyaml-0-2", "dpkg-repack"]
PACKAGES = ["nginx", "apache2", "bind9", "redis-server", "rsyslog", "rsync", "haproxy", "memcached", "php8.2-fpm", "openssl", "jq",
            "unzip", "tzdata"]
EDITED = ["/etc/nginx/nginx.conf", "/etc/redis/redis.conf", "/etc/rsyslog.conf"]
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Operator", "GIT_AUTHOR_EMAIL": "operator@example.com",
    "GIT_COMMITTER_NAME": "Operator", "GIT_COMMITTER_EMAIL": "operator@example.com",
}
faults = []


def run(*arguments, cwd=None, check=True):
    result = subprocess.run(arguments, cwd=cwd, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if check and result.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with {result.returncode}: {result.stderr}{result.stdout}")
    return result.stdout.strip() if check else result


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def expect(condition, sentence):
    if not condition:
        faults.append(sentence)
        print(f"  NOT SO: {sentence}")


class Machine:
    """A root with a whole Debian, entered through namespaces of its own."""

    def __init__(self, name, folder):
        self.name, self.root, self.server = name, f"{folder}/{name}", f"{folder}/server.git"

    def run(self, *arguments, network=True, check=True):
        script = ('mount -t proc proc "$0/proc" && mkdir -p "$0/srv/fleet.git" && mount --bind "$1" "$0/srv/fleet.git" && '
                  'root=$0 && shift && exec chroot "$root" "$@"')
        namespaces = ["--mount", "--pid", "--fork", "--kill-child"] + ([] if network else ["--net"])
        return run("unshare", *namespaces, "sh", "-c", script, self.root, self.server, *arguments, check=check)

    def sources(self, mirror, suites):
        lines = {"main": f"deb {mirror}/debian {SUITE} main", "security": f"deb {mirror}/debian-security {SUITE}-security main"}
        write(f"{self.root}/etc/apt/sources.list", "".join(lines[suite] + "\n" for suite in suites))

    def facts(self):
        packages = self.run("dpkg-query", "--show", "--showformat", "${Package}:${Architecture} ${Version} ${db:Status-Abbrev}\\n")
        edited = {path: open(self.root + path).read() for path in EDITED}
        return set(packages.split("\n")), set(self.run("apt-mark", "showauto").split()), edited


def upgrades(machine):
    """The packages that the security archive has newer, with their versions there."""
    text = machine.run("apt-get", "--simulate", "dist-upgrade")
    return dict(re.findall(r"^Inst (\S+) \[\S+\] \((\S+) ", text, re.M))


class Repository:
    """The fleet repository: two groups of one machine each, both on one baseline."""

    def __init__(self, folder, programs):
        self.clone, self.server, self.programs = f"{folder}/fleet", f"{folder}/server.git", programs
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", f"{folder}/operator")
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", self.server)
        run("git", "init", "--quiet", "--initial-branch=main", self.clone)
        for key, value in {"gpg.format": "ssh", "user.signingkey": f"{folder}/operator", "commit.gpgsign": "true"}.items():
            run("git", "config", key, value, cwd=self.clone)
        public = open(f"{folder}/operator.pub").read().split()
        self.commit({
            "trust/allowed_signers": f'operator@example.com namespaces="git" {public[0]} {public[1]}\n',
            "fleet.yaml": 'apiVersion: plimsoll/v1\nfleet: real-debian\nagent: "0.1"\n',
        }, "Begin")
        self.introduction = run("git", "rev-parse", "HEAD", cwd=self.clone)

    def commit(self, files, message):
        for path, text in files.items():
            write(f"{self.clone}/{path}", text)
        run("git", "add", "--all", cwd=self.clone)
        run("git", "commit", "--quiet", "--message", message, cwd=self.clone)
        run("git", "push", "--quiet", self.server, "main", cwd=self.clone)

    def revert(self):
        run("git", "revert", "--no-edit", "HEAD", cwd=self.clone)
        run("git", "push", "--quiet", self.server, "main", cwd=self.clone)


def make_machine(machine, mirror, programs):
    run("debootstrap", "--variant=minbase", f"--include={','.join(NEEDED)}", SUITE, machine.root, f"{mirror}/debian")
    write(f"{machine.root}/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
    machine.sources(mirror, ["main"])
    machine.run("apt-get", "update", "--quiet")
    machine.run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *PACKAGES)
    machine.run("apt-get", "clean")
    for path in EDITED:
        with open(machine.root + path, "a") as file:
            file.write("\n# changed by hand\n")
    shutil.copy(f"{programs}/plimsoll-agent", f"{machine.root}/usr/local/sbin/plimsoll-agent")


def enrol(machine, repository, baseline):
    write(f"{machine.root}/etc/plimsoll/agent.yaml",
          f"apiVersion: plimsoll/v1\nnode: {machine.name}\nremote: file:///srv/fleet.git\n"
          f'introduction: "{repository.introduction}"\n')
    node = machine.run("plimsoll-agent", "enroll")
    repository.commit({
        f"baselines/{machine.name}.yaml": baseline,
        f"groups/{machine.name}/group.yaml": f"apiVersion: plimsoll/v1\nbaseline: {machine.name}\ngate: none\n",
        f"groups/{machine.name}/nodes/{machine.name}.yaml": node + "\n",
    }, f"Enrol {machine.name}")


def cycle(machine, what, network=True):
    start = time.monotonic()
    result = machine.run("plimsoll-agent", "reconcile", network=network, check=False)
    seconds = time.monotonic() - start
    lines = (result.stdout + result.stderr).strip().split("\n")
    print(f"  {what}: exit {result.returncode}, {seconds:.0f} s; {lines[-1][:150]}")
    expect(result.returncode == 0, f"{machine.name}, {what}: exit {result.returncode}: {result.stderr[-2000:]}")
    return seconds


def compare(machine, what, before, changed):
    """Compares a machine with what it was before, but for the packages that were to change."""
    packages, automatic, edited = machine.facts()
    wanted = {re.sub(r" \S+ (\S+) *$", lambda match: f" {changed[line.split(':')[0]]} {match[1]}", line)
              if line.split(":")[0] in changed else line for line in (line.strip() for line in before[0])}
    packages = {line.strip() for line in packages}
    expect(packages == wanted, f"{machine.name}, {what}: packages differ: {sorted(packages ^ wanted)[:6]}")
    expect(automatic == before[1], f"{machine.name}, {what}: automatic marks differ: {sorted(automatic ^ before[1])[:6]}")
    expect(edited == before[2], f"{machine.name}, {what}: a configuration file that was changed by hand is another")
    audit = machine.run("dpkg", "--audit")
    expect(not audit, f"{machine.name}, {what}: dpkg --audit says: {audit[:300]}")


def kept(machine):
    packages = json.load(open(f"{machine.root}/var/lib/plimsoll/packages/manifest.json"))["manifest"]["packages"]
    origins = {}
    for package in packages:
        origins[package["origin"]] = origins.get(package["origin"], 0) + 1
    size = sum(package["size"] for package in packages) / 2**20
    print(f"  kept: {len(packages)} package files, {size:.0f} MiB ({', '.join(f'{n} {o}' for o, n in sorted(origins.items()))})")


def declare(baseline, changed):
    """The baseline with the versions of what changes."""
    sources = dict(line.rsplit(" ", 1) for line in changed["sources"].split("\n"))
    lines = []
    for line in baseline.split("\n"):
        match = re.match(r"  (src:)?([a-z0-9.+-]+)(:[a-z0-9]+)?: (.*)$", line)
        new = match and (sources.get(match[2]) if match[1] else changed["packages"].get(match[2]))
        lines.append(re.sub(r"[^\s{}]*\d[^\s,{}]*(?=(, install: false\})?$)", new, line) if new else line)
    return "\n".join(lines)


def travel(machine, repository, mirror, suites, baseline, ways):
    before = machine.facts()
    machine.sources(mirror, ["main", "security"])
    machine.run("apt-get", "update", "--quiet")
    newer = upgrades(machine)
    shown = machine.run("apt-cache", "show", "--no-all-versions", *newer)
    blocks = [dict(re.findall(r"^(Package|Source|Version): (.*)$", block, re.M)) for block in shown.split("\n\n")]
    sources = {block.get("Source", block["Package"]).split()[0]: block["Version"] for block in blocks if block}
    machine.sources(mirror, suites)
    print(f"{machine.name}: {len(before[0])} packages, {len(newer)} of {len(sources)} sources are newer in the security archive")
    enrol(machine, repository, baseline)
    cycle(machine, "at rest on the release's versions")
    compare(machine, "at rest", before, {})
    sources = "\n".join(f"{name} {version}" for name, version in sources.items())
    repository.commit({f"baselines/{machine.name}.yaml": declare(baseline, {"packages": newer, "sources": sources})}, "Security")
    for way, network in ways:
        if way == "back":
            repository.revert()
        elif way == "again":
            repository.revert()
        what = f"{way}{'' if network else ', with the network gone'}"
        cycle(machine, what, network)
        compare(machine, what, before, {} if way == "back" else newer)
    kept(machine)


def bare(machine, mirror):
    machine.sources(mirror, ["main", "security"])
    machine.run("apt-get", "update", "--quiet")
    options = ["--option", "Dpkg::Options::=--force-confdef", "--option", "Dpkg::Options::=--force-confold"]
    start = time.monotonic()
    machine.run("apt-get", "dist-upgrade", "--yes", "--quiet", *options)
    print(f"{machine.name}: apt-get dist-upgrade, without keeping anything: {time.monotonic() - start:.0f} s")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.split("\n\n")[1])
    programs, mirror = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "http://deb.debian.org"
    folder = tempfile.mkdtemp(prefix="plimsoll-real-", dir="/var/tmp")
    try:
        repository = Repository(folder, programs)
        first, second, third = (Machine(name, folder) for name in ("keeps", "rebuilds", "bare"))
        start = time.monotonic()
        make_machine(first, mirror, programs)
        for other in (second, third):
            run("cp", "--archive", first.root, other.root)
        print(f"three machines of Debian {SUITE} made in {time.monotonic() - start:.0f} s")
        baseline = first.run("plimsoll-agent", "capture")
        travel(first, repository, mirror, ["main", "security"], baseline,
               [("forward", True), ("back", True), ("again", True), ("back", False)])
        bare(third, mirror)
        travel(second, repository, mirror, ["security"], baseline, [("forward", True), ("back", False)])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(faults)} faults" if faults else "everything as it was and as it should be")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
