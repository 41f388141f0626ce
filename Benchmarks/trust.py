#!/usr/bin/env python3
"""Measures the authentication of history beside stock git, and prints figures and ratios; it judges nothing.

usage: Benchmarks/trust.py FOLDER-OF-THE-PROGRAMS [COMMITS]             (default: 10000)

1. A branch of so many SSH-signed commits (Ed25519), each of which changes a file: an agent that has fetched all of it and is introduced
   anew, so that it authenticates all of them and does nothing else; `plimsoll verify` over all of them, cloning included, and over the
   introduction alone; beside them `git log --format=%G?` over the same.
2. A cycle of an agent that finds one new commit, and one that finds nothing new; beside them `git fetch` and `git verify-commit`.
3. A branch of 200 commits signed by stock gpg: `plimsoll verify`, which asks gpgv, beside `git log --format=%G?`.

Git needs a process of ssh-keygen or gpg for each commit, so it is asked once. The SSH signatures are made here, in plain Python.
"""

import os
import subprocess
import sys
import tempfile

from fleet import Key, Pack
from measure import ENVIRONMENT, Fleet, row, run, timed, write

ROUNDS = 5
OPENPGP = 200


def root_entries(work, commit):
    """The entries of a commit's root, as a tree object has them."""
    lines = run("git", "ls-tree", commit, cwd=work).splitlines()
    for line in lines:
        mode, _, rest = line.split(" ", 2)
        identity, name = rest.split("\t")
        yield name, mode.lstrip("0").encode() + b" " + name.encode() + b"\0" + bytes.fromhex(identity)


def grow(server, key, count):
    """Lets a branch grow by so many signed commits, given to the server in one pack."""
    tip = run("git", "rev-parse", "main", cwd=server)
    entries, pack = dict(root_entries(server, tip)), Pack()
    for number in range(count):
        blob = pack.add("blob", f"{number}\n".encode())
        entries["notes"] = b"100644 notes\0" + bytes.fromhex(blob)
        # git sorts folders as if their names ended with a slash
        ordered = sorted(entries.items(), key=lambda item: item[0] + ("/" if item[1].startswith(b"40000") else ""))
        tree = pack.add("tree", b"".join(entry for _, entry in ordered))
        tip = pack.add("commit", key.commit(tree, tip, f"change {number}"))
    pack.give(server)
    run("git", "update-ref", "refs/heads/main", tip, cwd=server)


def compare(name, programs, server, introduction, signers, options=()):
    """`plimsoll verify` of a branch, and of its first commit alone, beside git; returns git's milliseconds."""
    beginning = f"{server}-beginning"
    run("git", "clone", "--quiet", "--bare", server, beginning)
    # A clone with a remote would be taken for that one's.
    run("git", "remote", "remove", "origin", cwd=beginning)
    run("git", "update-ref", "refs/heads/main", introduction, cwd=beginning)
    verify = [f"{programs}/plimsoll", "verify", "--introduction", introduction, "--repository"]
    ours = row(f"plimsoll verify, {name}", [timed(*verify, server) for _ in range(ROUNDS)])
    start = row("the same, introduction only", [timed(*verify, beginning) for _ in range(ROUNDS)])
    theirs = row("git log --format=%G?", [timed(
        "git", "-C", server, "-c", f"gpg.ssh.allowedSignersFile={signers}", *options, "log", "--format=%G?", "main")])
    print(f"  with cloning {ours - start:.0f} ms; ratio of the whole process to git {ours / theirs:.4f}", flush=True)
    return theirs


def chain(folder, programs, count):
    fleet = Fleet(folder, f"{programs}/plimsoll-agent")
    key = Key("operator of the chain")
    signers = f"{fleet.clone}/trust/allowed_signers"
    with open(signers, "a") as file:
        file.write(f'chain@example.com namespaces="git" {key.line}\n')
    fleet.files({}, "Let the maker of the chain in")
    agent = [fleet.agent, "reconcile", "--config", fleet.configuration]
    timed(*agent)
    print(f"one new commit in a cycle, repository on this machine; {ROUNDS} rounds", flush=True)
    clone, new, quiet, theirs = f"{folder}/stock", [], [], []
    run("git", "clone", "--quiet", fleet.server, clone)
    script = f"{folder}/fetch.sh"
    write(script, "#!/bin/sh\nset -e\ncd \"$1\"\ngit fetch --quiet origin main\ngit verify-commit FETCH_HEAD 2>/dev/null\n", 0o755)
    run("git", "config", "gpg.ssh.allowedSignersFile", signers, cwd=clone)
    for _ in range(ROUNDS):
        grow(fleet.server, key, 1)
        new.append(timed(*agent))
        theirs.append(timed(script, clone))
        timed(*agent)
        quiet.append(timed(*agent))
    one, none = row("agent, one new commit", new), row("agent, nothing new", quiet)
    fetched = row("git fetch, git verify-commit", theirs)
    print(f"  one commit costs {one - none:.1f} ms; ratio of the whole cycle to git {one / fetched:.2f}", flush=True)
    print(f"authentication of {count} SSH-signed commits", flush=True)
    introduction = run("git", "rev-parse", "main", cwd=fleet.server)
    grow(fleet.server, key, count)
    timed(*agent)
    anew = []
    settings = open(fleet.configuration).read()
    before = settings.split('introduction: "')[1][:40]
    for number in range(2 * ROUNDS):
        # Two beginnings in turn: each is a new introduction.
        write(fleet.configuration, settings.replace(before, introduction if number % 2 == 0 else before))
        anew.append(timed(*agent))
    all_of_them = row("agent, introduced anew", anew)
    nothing = row("agent, nothing new", [timed(*agent) for _ in range(ROUNDS)])
    stock = compare(f"{count} commits", programs, fleet.server, introduction, signers)
    alone = all_of_them - nothing
    print(f"  authentication alone {alone:.0f} ms, {alone / count * 1000:.0f} µs a commit; ratio to git {alone / stock:.4f}", flush=True)


def openpgp(folder, programs):
    work, home = f"{folder}/work", f"{folder}/g"
    os.makedirs(home, mode=0o700)
    gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""]
    run(*gpg, "--quick-gen-key", "Olga <olga@example.com>", "ed25519", "sign", "never")
    program = f"{folder}/gpg"
    write(program, "#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in gpg) + ' "$@"\n', 0o755)
    run("git", "init", "--quiet", "--initial-branch=main", work)
    for key, value in {"user.signingkey": "olga@example.com", "gpg.program": program, "commit.gpgsign": "true"}.items():
        run("git", "config", key, value, cwd=work)
    write(f"{work}/fleet.yaml", 'apiVersion: plimsoll/v1\nfleet: bench\nagent: "0.1"\n')
    write(f"{work}/trust/openpgp/olga.asc", run(*gpg, "--armor", "--export") + "\n")
    for number in range(OPENPGP + 1):
        write(f"{work}/notes", f"{number}\n")
        run("git", "add", "--all", cwd=work)
        run("git", "commit", "--quiet", "--message", f"change {number}", cwd=work)
    introduction = run("git", "rev-parse", f"HEAD~{OPENPGP}", cwd=work)
    print(f"authentication of {OPENPGP} OpenPGP-signed commits, whole process, cloning included", flush=True)
    compare(f"{OPENPGP} commits", programs, work, introduction, "/dev/null", ["-c", f"gpg.program={program}"])
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], env=ENVIRONMENT)


def main():
    programs = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    with tempfile.TemporaryDirectory(prefix="plimsoll-trust-") as folder:
        for name in ("ssh", "gpg"):
            os.makedirs(f"{folder}/{name}")
        chain(f"{folder}/ssh", programs, count)
        openpgp(f"{folder}/gpg", programs)


if __name__ == "__main__":
    main()
