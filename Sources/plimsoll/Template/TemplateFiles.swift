// Made by Scripts/embed-template.sh from fleet-repo-template/, the source of truth. A test compares them.

/// The files of a new fleet repository, by their paths.
enum TemplateFiles {
    static let all: [(path: String, text: String)] = [
        (
            "CODEOWNERS",
            #"""
            # Who must approve a change on the forge, before it can be merged. Put your teams in \#
            the place of these; the last line
            # that matches counts. It protects the merge button; what nodes believe is decided by \#
            trust/ alone.
            *                 @my-fleet/operators
            /fleet.yaml       @my-fleet/owners
            /trust/           @my-fleet/owners
            /baselines/       @my-fleet/operators @my-fleet/security
            /sources/         @my-fleet/operators @my-fleet/security

            """#
        ),
        (
            "README.md",
            #"""
            # Our fleet

            This repository says what is installed on our machines. Merging a change rolls it out, \#
            reverting the commit
            rolls it back; nobody logs in anywhere. Each node reads this branch, believes signed \#
            commits alone, and
            reports what it did with its own signature.

            | path | what it says |
            | --- | --- |
            | `fleet.yaml` | the fleet: its name, trust, reports, defaults |
            | `baselines/<baseline>.yaml` | what a machine must become |
            | `sources/<name>.sources` | where packages come from |
            | `groups/<group>/group.yaml` | which baseline, who goes first, when |
            | `groups/<group>/nodes/**/<node>.yaml` | who is in the group: a node's group is its \#
            folder |
            | `trust/` | who may change this branch |

            Look before you merge: `plimsoll validate` finds what is wrong, `plimsoll plan` says \#
            what a merge would do,
            `plimsoll simulate main..HEAD --breaks 2%` who would be hit if some machines broke on \#
            it. On a node,
            `plimsoll-agent reconcile --dry-run --baseline FILE` shows what a baseline would change \#
            there.
            See what is going on: `plimsoll status` and `plimsoll rollout`; why: `plimsoll why \#
            NODE`. Check every
            signature and every decision: `plimsoll verify --receipts`.

            Commits must be signed, by a key in `trust/`. Once in each clone, this sets up git to \#
            do so:

            ```
            plimsoll init .
            ```

            ## Begin

            Both groups are on hold. Enrol a canary and a store, look at `plimsoll status`, and \#
            when you like what they
            would do, remove the line `hold:` from `groups/canary/group.yaml`; later the one in
            `groups/stores/group.yaml`.

            ## Enrol a node

            On the node, as root, with the URL of this repository and its first commit:

            ```
            plimsoll-agent enroll --remote ssh://git@git.example.com/my-fleet/fleet.git \#
            --introduction COMMIT > atm-0001.yaml
            ```

            That makes the node's key, which never leaves it, and prints the node's file. Commit it \#
            as
            `groups/stores/nodes/atm-0001.yaml`, or in any folder below `nodes/`; the file's name \#
            is the node's. With the
            next cycle the node is in the fleet.

            A node moves to another group by `git mv`, and leaves the fleet by `git rm`: it then \#
            changes nothing any more.

            ## Roll out

            1. Change versions in `baselines/debian-12.yaml` on a branch, run `plimsoll validate` \#
            and `plimsoll plan`, open a pull
               request.
            2. Merge it. The canaries take it at once; the stores when all canaries were well on it \#
            for four hours.
            3. Watch with `plimsoll rollout --watch`. A canary that fails goes back by itself, and \#
            the gate closes: no
               store follows. Where the waves of a group pause, `plimsoll proceed GROUP` and a push \#
            let the next begin.

            Where a failure was not the baseline's fault (a full disk, say), mend it and write any \#
            new text as `retry:` in
            the node's or group's file.

            ## Roll back

            ```
            git revert COMMIT
            ```

            Signed, merged and pushed as any change. Nodes that took the bad version go back at \#
            once; nodes that had not
            taken it never will.

            ## Hold

            Give a reason at the level you need: `hold: telephones are ringing` in `fleet.yaml` \#
            stops every node, in a
            `group.yaml` the group, in a node's file the node. A held node changes nothing; it \#
            still watches and reports.
            Remove the line, or write `null`, to go on.

            A single package of a single node is left out by an exception in the node's file, which \#
            reports show as such:

            ```
            except:
              src:nginx: {reason: vendor case 4711, until: 2027-01-31}
            ```

            ## Change who may change

            Add or remove a line in `trust/allowed_signers`, in a commit signed by a key that is in \#
            it already. Keep two
            people's keys there: who holds none of them cannot change the fleet, and nobody can do \#
            it for them.

            """#
        ),
        (
            "baselines/debian-12.yaml",
            #"""
            # The patch baseline of our Debian 12 machines: what each of them must become.
            #
            # It names versions exactly, so the same commit means the same packages everywhere, and \#
            reverting the commit has
            # somewhere to go back to. `plimsoll-agent capture` on a machine that is as it should \#
            be prints such a file.
            # `plimsoll-agent reconcile --dry-run --baseline FILE` shows what it would change, and \#
            changes nothing.
            apiVersion: plimsoll/v1
            description: Debian 12 with the security updates that we have tried
            manager: apt

            # Compared with /etc/os-release. Another system refuses the baseline.
            for: {id: debian, version: "12"}

            # With this line apt uses sources/debian-12.sources alone. Without it, it uses what the \#
            machine is configured with.
            # A mirror that keeps old versions makes every rollback possible; see sources/README.md.
            # sources: [debian-12]

            packages:
              # A source package: wherever one of its binary packages is installed, it has this \#
            version, in every architecture.
              # An entry of which nothing is installed does not apply to the node, so one file fits \#
            machines that differ.
              src:openssl: 3.0.17-1~deb12u2

              # The long form says more: what the version answers, and how urgent that is.
              src:curl:
                version: 7.88.1-10+deb12u14
                severity: medium

              # Not demanded: where it is installed, or comes in as a dependency, it has this \#
            version.
              ca-certificates: {version: "20230311+deb12u1", install: false}

              # A binary package without more must be installed, in exactly this version:
              #   nginx: 1.22.1-9+deb12u3
              # and only with these bytes:
              #   nginx: {version: 1.22.1-9+deb12u3, sha256: {amd64: <64 digits>}}

              # Must not be installed. `purged` removes its configuration, too.
              telnetd: absent

            # What is newer than declared and was not put there by Plimsoll is kept and reported. \#
            `replace` puts it back.
            newer: keep

            # Run before and after each change, and in each cycle. What was well before and is not \#
            after undoes the change.
            # A check whose service or program is not installed does not apply.
            checks:
              - service: ssh
              - command: [/usr/bin/openssl, version]
                timeout: 10s

            # 'when-required' lets nodes reboot by themselves, in their window; with 'never' a node \#
            that needs it says so
            # in its report.
            reboot: never

            # Services that nodes may restart when they run old code after a change; others are \#
            reported. "*" is all but
            # those that are never restarted, such as D-Bus and display managers.
            restart: [ssh]

            """#
        ),
        (
            "fleet.yaml",
            #"""
            # The fleet. Who may change this branch is in trust/; who is in the fleet is in groups/.
            apiVersion: plimsoll/v1

            # The name of the fleet. Reports carry it, so it stays as it is once nodes are enrolled.
            fleet: my-fleet

            # The oldest agent that understands this repository. Raise it in the commit that first \#
            uses what a newer agent brings:
            # older agents then stay with the commit before, and say so.
            agent: "0.1"

            trust:
              # first-parent: each commit of the branch is signed, and a signed merge vouches for \#
            what it merges.
              # every-commit: the merged commits are signed, too.
              policy: first-parent

              # Two more rules, for when you are more than one. Each commit must say in its signed \#
            message that it is meant for this
              # branch, or nodes follow only what two persons have signed or approved ('plimsoll \#
            approve'). trust/rules.yaml can give
              # folders signers and thresholds of their own.
              #   branch: main
              #   threshold: 2

            status:
              # Where nodes push their signed reports. null is this repository: it works at once, \#
            and is right for a first look and
              # for some dozens of nodes. Beyond that give the reports a repository of their own. \#
            Only there may nodes write; this
              # one stays read-only for them, and a poll of it does not list two refs for each \#
            node. `plimsoll validate` warns from
              # 100 nodes on. {group} in the URL makes it one repository for each group:
              #   remote: ssh://git@git.example.com/my-fleet/status.git
              # none: nothing is pushed at all, each node keeps its reports. Gates, waves and \#
            budgets need reports of others and cannot be.
              remote: null

              # A node that has nothing to tell still reports so often.
              heartbeat: 24h

            # Where else this branch is: mirrors that nodes ask, in this order, where the remotes \#
            of their own configuration are away,
            # behind or show what is not authentic. What a server's host key must be says \#
            trust/known_hosts, if there is one.
            #   remotes: [ssh://git@mirror.example.net/my-fleet/fleet.git]

            # What each group takes where its own group.yaml is silent. A key of the group replaces \#
            the one here whole.
            defaults:
              # So many changes may begin for one declaration before it has failed on a node.
              attempts: 3

            # A reason here holds every node of the fleet: nothing is changed any more, everything \#
            is still watched and reported.
            hold: null

            """#
        ),
        (
            "groups/canary/group.yaml",
            #"""
            # The canaries: the few machines that get a new baseline first. Choose them so that \#
            every kind of machine is among them;
            # what no canary has installed has not been tried.
            apiVersion: plimsoll/v1
            baseline: debian-12

            # They wait for nobody, so a merged change reaches them at once. Said in words: a \#
            forgotten gate is an error.
            gate: none

            # The fleet begins on hold: nodes enrol, report and show what they would change, and \#
            change nothing.
            hold: first look; remove this line to begin

            """#
        ),
        ("groups/canary/nodes/.gitkeep", ""),
        (
            "groups/stores/group.yaml",
            #"""
            # All other machines. They move when the canaries have shown that it is safe.
            apiVersion: plimsoll/v1
            baseline: debian-12

            gate:
              # The groups whose signed reports are the evidence; the rule holds in each of them by \#
            itself. They have the same baseline.
              after: [canary]
              # So many of them are healthy: a share, rounded up, or a count.
              healthy: 100%
              # For so long each of them was well without a break, by its own clock.
              soak: 4h
              # More failures than this close the gate.
              failures: 0
              # A silent canary keeps the gate waiting. A duration such as 72h leaves out one that \#
            was silent so long before.
              silence: hold

            # With windows packages are changed only while one of them is open; going back by a \#
            revert waits for none. `zone: local` is
            # the zone that the node's machine is set to; UTC or a name such as Europe/Berlin is \#
            the same moment for all. With
            # `week: [second, last]` it is open on the second and the last such day of each month \#
            alone.
            #   window:
            #     - {days: [sat, sun], start: "01:00", end: "05:00", zone: local}

            # On these days nothing is changed, the first and the last included:
            #   freeze:
            #     - {from: 2026-12-20, to: 2027-01-02, reason: holiday trading}

            # In a large group some may go first; they are judged like canaries before the rest \#
            follows:
            #   waves: [10%, 50%, 100%]
            # `{share: 50%, pause: true}` in the place of a step waits for a person: `plimsoll \#
            proceed stores`.

            # Never more of them in change or failed at once than so many of one value of a label, \#
            which each node's file then has:
            #   budget: {unavailable: 2, per: site}

            hold: first look; remove this line to begin

            """#
        ),
        ("groups/stores/nodes/.gitkeep", ""),
        (
            "sources/README.md",
            #"""
            # Sources

            Put a file `<name>.sources` here, in the deb822 form of sources.list(5) with the key in \#
            `Signed-By`, and name
            it in a baseline's `sources:`. apt then uses these sources alone, so that every node \#
            takes its packages from
            the same place. For example `debian-12.sources`:

            ```
            Types: deb
            URIs: https://mirror.example.com/snapshot/debian
            Suites: bookworm bookworm-updates
            Components: main
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            Types: deb
            URIs: https://mirror.example.com/snapshot/debian-security
            Suites: bookworm-security
            Components: main
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
            ```

            Use a mirror that keeps what it once had. The public ones forget superseded versions \#
            within days, often before
            the last group moves. Nodes go back with the files that they have kept; a node that \#
            comes late has none.

            """#
        ),
        (
            "trust/allowed_signers",
            #"""
            # Who may change this branch, in the form of ssh-keygen(1), ALLOWED SIGNERS. `plimsoll \#
            init` writes your key below.
            # A commit counts if it is signed by a key that its parent lists; so the change of this \#
            file is itself such a commit.
            # One line for each key:
            #   ada@example.com namespaces="git" ssh-ed25519 AAAA…

            """#
        ),
    ]
}
