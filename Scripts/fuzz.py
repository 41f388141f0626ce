#!/usr/bin/env python3
"""Fuzzes each parser of foreign bytes in turn: fuzz.py PROGRAM FOLDER SECONDS [TARGET]

PROGRAM is plimsoll-fuzzer, FOLDER the one below which each target has its corpus. What is found on the way is
kept in the corpus, minimised. An input that crashes, hangs or breaks a property is kept outside of the
repository, with the command that shows it again; then the end is 1.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# A hang is what takes a second on the slowest machine, ten times over.
LIMITS = ["-timeout=10", "-rss_limit_mb=2048", "-detect_leaks=0"]


def run(program, target, arguments):
    # Swift's own tracer of crashes would hold the pipe, and libFuzzer says where it was.
    environment = dict(
        os.environ, PLIMSOLL_FUZZ_TARGET=target, SWIFT_BACKTRACE="enable=no",
        # libgit2 1.5 forgets some bytes of commits that say something twice.
        ASAN_OPTIONS="detect_leaks=0")
    return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, errors="replace")


def figure(output, name):
    found = re.search(name + r":\s*(\d+)", output)
    return int(found.group(1)) if found else 0


def fuzz(program, target, longest, corpus, seconds, findings, work):
    """Fuzzes one target; says whether nothing was found."""
    words = work / "words"
    words.write_text(run(program, target, ["words"]).stdout)
    grown = work / "grown"
    shutil.rmtree(grown, ignore_errors=True)
    grown.mkdir()
    options = [*LIMITS, f"-max_len={longest}", f"-artifact_prefix={findings}/{target}-"]
    done = run(program, target, [
        f"-max_total_time={seconds}", "-print_final_stats=1", "-use_value_profile=1", f"-dict={words}", *options,
        str(grown), str(corpus)])
    executions = figure(done.stderr, "stat::number_of_executed_units")
    print(f"{target:24} {executions:10,} inputs in {seconds} s", flush=True)
    if done.returncode != 0:
        print(done.stderr[-4000:])
        for finding in sorted(findings.glob(f"{target}-*")):
            print(f"found: PLIMSOLL_FUZZ_TARGET={target} {program} {finding}", flush=True)
        return False
    least = work / "least"
    shutil.rmtree(least, ignore_errors=True)
    least.mkdir()
    # What reaches no new code goes: how often it is reached does not count, or there would be thousands of files.
    merged = run(program, target, [
        "-merge=1", "-use_counters=0", "-use_value_profile=0", *options, str(least), str(corpus), str(grown)])
    if merged.returncode == 0:
        shutil.rmtree(corpus)
        shutil.copytree(least, corpus)
    return True


def main():
    program, folder, seconds = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    chosen = [name for name in sys.argv[4:] if name]
    targets = [line.split() for line in run(program, "", ["list"]).stdout.splitlines()]
    unknown = set(chosen) - {name for name, _ in targets}
    if unknown:
        sys.exit(f"unknown target {', '.join(unknown)}; known are {', '.join(name for name, _ in targets)}")
    findings = pathlib.Path(tempfile.mkdtemp(prefix="plimsoll-fuzz-"))
    well = True
    with tempfile.TemporaryDirectory(prefix="plimsoll-fuzz-") as work:
        for name, longest in targets:
            if chosen and name not in chosen:
                continue
            corpus = folder / name
            corpus.mkdir(exist_ok=True)
            well = fuzz(program, name, longest, corpus, seconds, findings, pathlib.Path(work)) and well
    if well:
        findings.rmdir()
    sys.exit(0 if well else 1)


main()
