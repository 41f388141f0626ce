#!/usr/bin/env python3
"""Measures what a change of packages takes beside bare apt-get doing the same, and prints figures and ratios; it judges nothing.

usage: Benchmarks/packages.py FOLDER-OF-THE-PROGRAMS [ROUNDS]

For 1, 10 and 100 packages, each in a root of its own, in turn so that both meet the same machine: a whole cycle of the agent that
takes all of them to the next version (fetch, authenticate, decide, keep what is replaced, apt, report), and `apt-get update` with
`apt-get install` of the same versions. Packages of 100 KiB that do nothing, from a repository on this machine.
"""

import hashlib
import os
import statistics
import subprocess
import sys
import tempfile

from measure import ENVIRONMENT, Fleet, row, run, timed, write

FOLDERS = ["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/lib/apt/lists/partial",
           "var/cache/apt/archives/partial", "var/log/apt", "etc/apt/apt.conf.d", "etc/apt/preferences.d",
           "etc/apt/sources.list.d", "etc/apt/trusted.gpg.d"]


def make_root(path, repository):
    for folder in FOLDERS:
        os.makedirs(f"{path}/{folder}", exist_ok=True)
    write(f"{path}/var/lib/dpkg/status", "")
    write(f"{path}/etc/apt/sources.list", f"deb [trusted=yes] file:{repository} ./\n")


def make_repository(folder, names, versions):
    """A flat repository with all versions of all packages."""
    repository = f"{folder}/repository"
    os.makedirs(repository)
    for name in names:
        for version in versions:
            tree = f"{folder}/tree"
            noise = hashlib.sha256(f"{name} {version}".encode()).digest()
            write(f"{tree}/DEBIAN/control", f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
                  f"Maintainer: x <x@example.com>\nDescription: x\n")
            os.makedirs(f"{tree}/usr/share/{name}", exist_ok=True)
            with open(f"{tree}/usr/share/{name}/data", "wb") as file:
                for _ in range(100 << 10 >> 5):
                    noise = hashlib.sha256(noise).digest()
                    file.write(noise)
            run("dpkg-deb", "--build", "--root-owner-group", tree, f"{repository}/{name}_{version}_all.deb")
            run("rm", "-rf", tree)
    run("sh", "-c", "apt-ftparchive packages . > Packages", cwd=repository)
    return repository


def bare(root, arguments):
    """The command lines of apt-get on a root, with the settings that the agent gives it."""
    options = {
        "Dir": root, "Dir::State::status": f"{root}/var/lib/dpkg/status", "Dpkg::Use-Pty": "0", "APT::Sandbox::User": "",
        "APT::Install-Recommends": "false", "APT::Get::allow-downgrades": "true",
    }
    command = ["apt-get", "--yes", "--quiet"]
    for key, value in options.items():
        command += ["--option", f"{key}={value}"]
    for option in [f"--root={root}", "--force-script-chrootless", f"--log={root}/var/log/dpkg.log"]:
        command += ["--option", f"DPkg::Options::={option}"]
    return command + arguments


def installed(root):
    return run("dpkg-query", f"--admindir={root}/var/lib/dpkg", "--show", "--showformat=${Package} ${Version}\\n")


def measure(folder, programs, count, rounds):
    versions = [f"1.{number}-1" for number in range(rounds + 1)]
    names = [f"package-{number:03}" for number in range(count)]
    fleet_folder, other = f"{folder}/{count}", f"{folder}/{count}/bare"
    os.makedirs(fleet_folder)
    repository = make_repository(fleet_folder, names, versions)
    fleet = Fleet(fleet_folder, f"{programs}/plimsoll-agent")
    for root in (fleet.root, other):
        make_root(root, repository)
    agent = [fleet.agent, "reconcile", "--config", fleet.configuration]
    ours, theirs = [], []
    for number, version in enumerate(versions):
        entries = "".join(f"  {name}: {version}\n" for name in names)
        fleet.files({"baselines/base.yaml": f"apiVersion: plimsoll/v1\nmanager: apt\npackages:\n{entries}"}, version)
        wanted = [f"{name}={version}" for name in names]
        write(f"{fleet_folder}/bare.sh", '#!/bin/sh\nset -e\n' + " ".join(f"'{word}'" for word in bare(other, ["update"])) + "\n"
              + " ".join(f"'{word}'" for word in bare(other, ["install", *wanted])) + "\n", 0o755)
        first, second = timed(*agent), timed(f"{fleet_folder}/bare.sh")
        if installed(fleet.root) != installed(other):
            sys.exit(f"the roots differ at {version}")
        if number > 0:
            ours.append(first)
            theirs.append(second)
    print(f"an upgrade of {count} packages, indexes updated first; {rounds} rounds")
    print(f"  ratio {row('plimsoll-agent reconcile', ours) / row('apt-get update, install', theirs):.2f}")


def main():
    programs = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as folder:
        for count in (1, 10, 100):
            measure(folder, programs, count, rounds)


if __name__ == "__main__":
    main()
