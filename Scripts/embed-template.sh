#!/bin/sh
# Writes the files of fleet-repo-template/ into the operator's program: an installed program has no source tree, and resources of
# SwiftPM would need Foundation. Usage: Scripts/embed-template.sh > Sources/plimsoll/Template/TemplateFiles.swift
set -eu
cd "$(dirname "$0")/../fleet-repo-template"
cat <<'HEAD'
// Made by Scripts/embed-template.sh from fleet-repo-template/, the source of truth. A test compares them.

/// The files of a new fleet repository, by their paths.
enum TemplateFiles {
    static let all: [(path: String, text: String)] = [
HEAD
find . -type f | sed 's|^\./||' | LC_ALL=C sort | while IFS= read -r path; do
    if [ ! -s "$path" ]; then
        printf '        ("%s", ""),\n' "$path"
        continue
    fi
    printf '        (\n            "%s",\n            #"""\n' "$path"
    # A line that is too long for a source file goes on after `\#`, which the literal joins.
    awk '{
        line = $0
        while (length(line) > 88) {
            cut = 88
            while (cut > 40 && substr(line, cut, 1) != " ") cut--
            print "            " substr(line, 1, cut) "\\#"
            line = substr(line, cut + 1)
        }
        print (line == "" ? "" : "            " line)
    }' "$path"
    printf '\n            """#\n        ),\n'
done
printf '    ]\n}\n'
