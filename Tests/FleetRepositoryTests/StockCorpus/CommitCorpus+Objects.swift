/// The commit's own bytes, bent before and after they were signed.
extension CommitCorpus {
    /// What is changed under a signature.
    mutating func addTampering() {
        let commit = CorpusCommit.signed(payload, armour)
        let changes: [(String, String, String)] = [
            ("the tree", "4b825dc6", "4b825dc7"), ("the parent", "parent 55", "parent 65"),
            ("the author's name", "author Ann", "author Eve"),
            ("the author's address", "<a@x> 1782907200 +0200\nc", "<e@x> 1782907200 +0200\nc"),
            ("the author's date", "1782907200 +0200\nc", "1782907201 +0200\nc"),
            ("the committer's name", "committer Ann", "committer Eve"),
            ("the committer's zone", "+0200\ngpgsig", "+0100\ngpgsig"),
            ("the committer's date", "1782907200 +0200\ngpgsig", "1782907199 +0200\ngpgsig"),
            ("the message", "a message", "a massage"), ("the message's end", "message\n", "message"),
            ("a line more", "message\n", "message\n\n"), ("a NUL in the message", "a message", "a\0message"),
            ("a NUL at the end", "message\n", "message\n\0"),
            ("no parent", "\(CorpusCommit.parent)\n", ""),
            (
                "a second parent", "\(CorpusCommit.parent)\n",
                "\(CorpusCommit.parent)\n\(CorpusCommit.parent)\n"
            ),
            ("an encoding", "\ngpgsig ", "\nencoding ISO-8859-1\ngpgsig "),
            ("a header behind", "-----END SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\nx y\n"),
            ("an empty line above", "\ngpgsig ", "\n\ngpgsig "),
            ("upper case in the header", "gpgsig", "GPGSIG"),
            ("a tab behind the header", "gpgsig ", "gpgsig\t"),
            ("no space behind the header", "gpgsig ", "gpgsig"),
            ("two spaces behind the header", "gpgsig ", "gpgsig  "), ("a colon", "gpgsig ", "gpgsig: "),
            ("two spaces before each line", "\n U1NIU0", "\n  U1NIU0"),
            ("a tab before a line", "\n U1NIU0", "\n\tU1NIU0"),
            ("no space before a line", "\n U1NIU0", "\nU1NIU0"),
            ("carriage returns", "\n", "\r\n"), ("a line feed before all", "tree ", "\ntree "),
            ("upper case in the tree's name", "4b825dc6", "4B825DC6"),
        ]
        for (name, old, new) in changes {
            add("changed after signing: \(name)", commit.exchanging(old, for: new))
        }
        add("unsigned", payload)
        add("the signature above the author", CorpusCommit.signed(payload, armour, before: "\nauthor"))
        add("the signature above the parent", CorpusCommit.signed(payload, armour, before: "\nparent"))
        add("the signature above the committer", CorpusCommit.signed(payload, armour, before: "\ncommitter"))
        let text = "\n\ngpgsig " + String(decoding: armour, as: UTF8.self).replacing("\n", with: "\n ") + "\n"
        add("the signature in the message", payload.exchanging("\n\n", for: text))
        add("the signature behind the message", payload + armour)
        add(
            "the signature before all",
            Array("gpgsig ".utf8) + armour.dropLast().exchangingLines() + [10] + payload)
    }

    /// Messages and parents that an honest person may sign.
    mutating func addShapes() throws {
        let parent = CorpusCommit.parent
        let messages: [(String, String)] = [
            ("empty", ""), ("a line feed", "\n"), ("without a line feed", "a message"),
            ("many line feeds", "a\n\n\n\n"),
            ("line feeds first", "\n\n\na\n"), ("carriage returns", "a\r\nb\r\n"), ("a NUL", "a\0b\n"),
            ("a NUL at the end", "a\n\0"),
            ("a NUL first", "\0"), ("Unicode", "Grüße \u{1F6A2}\u{301}\n"),
            ("a header's form", "gpgsig x\n\ngpgsig y\n"),
            ("an armour of its own", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"),
            ("a signature behind it, as in a tag", "a\n" + String(decoding: armour, as: UTF8.self)),
            ("long", String(repeating: "lorem ipsum\n", count: 20_000)),
            ("one long line", String(repeating: "x", count: 100_000)),
            ("control characters", "a\u{1B}[2J\u{7}\n"),
            ("above the limit", String(repeating: "lorem ipsum\n", count: 90_000)),
        ]
        for (name, text) in messages {
            try addSigned("message: \(name)", CorpusCommit.payload(message: text))
        }
        let latin =
            CorpusCommit.payload(headers: ["encoding ISO-8859-1"], message: "Gr") + [0xFC, 0xDF, 0x65, 0x0A]
        try addSigned("message: Latin-1 and its encoding", latin)
        try addSigned(
            "message: Latin-1 without its encoding",
            CorpusCommit.payload(message: "Gr") + [0xFC, 0xDF, 0x65, 0x0A])
        try addSigned("message: no empty line above", Array(payload.dropLast("\na message\n".utf8.count)))
        try addSigned(
            "message: missing with its empty line", Array(payload.dropLast("a message\n".utf8.count)))
        try addSigned("parents: none", CorpusCommit.payload(parents: []))
        try addSigned(
            "parents: two", CorpusCommit.payload(parents: [parent, parent.replacing("5", with: "6")]))
        try addSigned("parents: the same twice", CorpusCommit.payload(parents: [parent, parent]))
        let many = (10..<60).map { parent.replacing("55555", with: "555\($0)") }
        try addSigned("parents: fifty", CorpusCommit.payload(parents: many))
        try addSigned("parents: a short name", CorpusCommit.payload(parents: ["parent 5555"]))
        try addSigned("parents: no name", CorpusCommit.payload(parents: ["parent"]))
        try addSigned("parents: letters", CorpusCommit.payload(parents: [parent.replacing("5", with: "x")]))
        try addSigned("tree: none", Array(payload.drop { $0 != 10 }.dropFirst()))
        try addSigned("tree: letters", payload.exchanging("4b825dc6", for: "xxxxxxxx"))
        try addSigned(
            "tree: twice",
            payload.exchanging("\nparent", for: "\ntree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent"))
        try addSigned("tree: of another repository", payload.exchanging("4b825dc6", for: "00000000"))
    }

    mutating func addHeaders() throws {
        let tag = [
            "mergetag object \(String(repeating: "6", count: 40))", " type commit", " tag v1",
            " tagger Ann <a@x> 1782907200 +0000", " ", " a tag",
        ]
        let signedTag = tag + String(decoding: armour, as: UTF8.self).split(separator: "\n").map { " \($0)" }
        let headers: [(String, [String])] = [
            ("an encoding", ["encoding UTF-8"]), ("an encoding that nobody knows", ["encoding nonsense"]),
            ("an empty encoding", ["encoding "]),
            ("two encodings", ["encoding UTF-8", "encoding ISO-8859-1"]),
            ("a tag that was merged", tag), ("a signed tag that was merged", signedTag),
            ("two tags that were merged", tag + signedTag),
            ("one that nobody knows", ["x-change 17"]),
            ("one of many lines", ["x-change 17", " 18", " ", " 19"]),
            ("one without a value", ["x-change"]), ("HG's", ["HG:extra branch:default"]),
            (
                "one whose lines look like a signature",
                ["x-change 17", " gpgsig hello", " -----BEGIN SSH SIGNATURE-----"]
            ),
            ("one that begins like the signature's", ["gpgsignature hello"]),
            ("a line that goes on from nothing", [" hello"]),
            ("a carriage return", ["x-change 17\r"]), ("a NUL", ["x-change 1\07"]),
        ]
        for (name, lines) in headers {
            let payload = CorpusCommit.payload(headers: lines)
            try addSigned("header: \(name)", payload)
            let armour = try keys.signature(of: payload, by: .ed25519)
            let above = CorpusCommit.signed(payload, armour, before: "\n\(lines[0])")
            add("header: \(name), below the signature", above)
        }
    }

    /// More than one signature, and those of repositories whose names are SHA-256.
    mutating func addSeveral() throws {
        let strange = try keys.signature(of: payload, by: .stranger)
        let one = CorpusCommit.signed(payload, armour)
        let both = listed + keys.listing(.stranger)
        add("several: the same twice", CorpusCommit.signed(one, armour))
        add("several: a stranger's after it", CorpusCommit.signed(one, strange))
        add(
            "several: a stranger's before it",
            CorpusCommit.signed(CorpusCommit.signed(payload, strange), armour))
        add("several: of two who are listed", CorpusCommit.signed(one, strange), signers: both)
        add(
            "several: the second of the first",
            CorpusCommit.signed(one, try keys.signature(of: one, by: .ed25519)))
        add("several: an empty one after it", CorpusCommit.signed(one, []))
        add("several: an empty one before it", CorpusCommit.signed(CorpusCommit.signed(payload, []), armour))
        add(
            "several: one above the author, one below",
            CorpusCommit.signed(CorpusCommit.signed(payload, armour, before: "\nauthor"), armour))
        let name = "gpgsig-sha256"
        add("SHA-256: its signature alone", CorpusCommit.signed(payload, armour, header: name))
        add("SHA-256: both", CorpusCommit.signed(one, armour, header: name))
        add(
            "SHA-256: both, its own first",
            CorpusCommit.signed(CorpusCommit.signed(payload, armour, header: name), armour))
        add("SHA-256: both, its own a stranger's", CorpusCommit.signed(one, strange, header: name))
        add(
            "SHA-256: nonsense beside the good one",
            CorpusCommit.signed(one, Array("hello\nworld\n".utf8), header: name))
        let signedWith = CorpusCommit.signed(payload, strange, header: name)
        add(
            "SHA-256: signed with it",
            CorpusCommit.signed(signedWith, try keys.signature(of: signedWith, by: .ed25519)))
        add(
            "a header like the signature's, put in after",
            CorpusCommit.signed(one, Array("hello\n".utf8), header: "gpgsigner"))
    }

    /// Authors and dates that people and other tools have written.
    mutating func addIdentities() throws {
        let names: [(String, String)] = [
            ("no name", "<a@x> 1782907200 +0200"),
            ("no space before the address", "Ann<a@x> 1782907200 +0200"),
            ("no address", "Ann <> 1782907200 +0200"), ("no brackets", "Ann a@x 1782907200 +0200"),
            ("two addresses", "Ann <a@x> <b@x> 1782907200 +0200"),
            ("brackets in the name", "An>n <a@x> 1782907200 +0200"),
            ("no date", "Ann <a@x>"), ("no zone", "Ann <a@x> 1782907200"),
            ("words for a date", "Ann <a@x> today +0200"),
            ("a zone that does not exist", "Ann <a@x> 1782907200 +9999"),
            ("a zone of words", "Ann <a@x> 1782907200 CEST"),
            ("a zone in the west", "Ann <a@x> 1782907200 -0930"),
            ("a zone of five digits", "Ann <a@x> 1782907200 +02000"),
            ("1970", "Ann <a@x> 0 +0000"), ("before 1970", "Ann <a@x> -1 +0000"),
            ("2039", "Ann <a@x> 2177452800 +0000"),
            ("the year 9999", "Ann <a@x> 253402300799 +0000"),
            ("after the year 9999", "Ann <a@x> 253402300800 +0000"),
            ("the end of all seconds", "Ann <a@x> 9223372036854775807 +0000"),
            ("beyond the end of all seconds", "Ann <a@x> 99999999999999999999 +0000"),
            ("Unicode", "Änne \u{1F6A2} <ä@x> 1782907200 +0200"), ("an empty line", ""),
            ("a NUL", "An\0n <a@x> 1782907200 +0200"),
            ("two spaces before the date", "Ann <a@x>  1782907200 +0200"),
            ("text behind the zone", "Ann <a@x> 1782907200 +0200 hello"),
            ("zeros before the date", "Ann <a@x> 0001782907200 +0200"),
            ("a plus before the date", "Ann <a@x> +1782907200 +0200"),
        ]
        // Git asks for today where it finds no date, which lies within these bounds for long.
        let bounds = "valid-after=\"20200101Z\",valid-before=\"21000101Z\" "
        for (name, identity) in names {
            let payload = CorpusCommit.payload(identity: identity)
            try addSigned("identity: \(name)", payload)
            let armour = try keys.signature(of: payload, by: .ed25519)
            add(
                "identity: \(name), from 2020 to 2100", CorpusCommit.signed(payload, armour),
                signers: keys.listing(.ed25519, options: bounds))
        }
        let latin = Array("Ann".utf8)
        var payload = CorpusCommit.payload()
        while let range = payload.firstRange(of: latin) {
            payload.replaceSubrange(range, with: [0xC4, 0x6E, 0x6E])
        }
        try addSigned("identity: Latin-1", payload)
    }

    /// Validity at the committer's date, not at the author's, and not today.
    mutating func addDates() throws {
        let bounds = "valid-after=\"20260101Z\",valid-before=\"20261231Z\" "
        let dates = ["1767225599", "1767225600", "1798675200", "1798675201"]
        for date in dates {
            let payload = CorpusCommit.payload(identity: "Ann <a@x> \(date) +0200")
            let armour = try keys.signature(of: payload, by: .ed25519)
            add(
                "valid in 2026: at \(date)", CorpusCommit.signed(payload, armour),
                signers: keys.listing(.ed25519, options: bounds))
        }
        let early = "author Ann <a@x> 1751371200 +0000\ncommitter Ann <a@x> 1782907200 +0000"
        let other = CorpusCommit.payload(identity: "Ann <a@x> 1782907200 +0000")
            .exchanging("author Ann <a@x> 1782907200 +0000\ncommitter Ann <a@x> 1782907200 +0000", for: early)
        let armour = try keys.signature(of: other, by: .ed25519)
        add(
            "valid in 2026: written in 2025", CorpusCommit.signed(other, armour),
            signers: keys.listing(.ed25519, options: bounds))
    }
}

extension Collection<UInt8> {
    /// These lines, each but the first behind a space.
    fileprivate func exchangingLines() -> [UInt8] { Array(self).exchanging("\n", for: "\n ") }
}
