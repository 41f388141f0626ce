@testable import FleetCore
@testable import FleetRepository

/// What comes by HTTP and is read here: where a server sends us on, what it says besides, and what a credential
/// helper answers. Headers and their framing are libcurl's.
extension FuzzTarget {
    static let http: [FuzzTarget] = [address, entry, gist, credential]

    private static let address = FuzzTarget(
        text: "http-address", longest: 512,
        words: [
            "https://", "http://", "[::1]", ":443", ":80", "@", "?", "%2f", "/info/refs",
            "?service=git-upload-pack",
        ]
    ) { text in
        guard let (address, _) = HTTPAddress.parse(text) else { return }
        let again = HTTPAddress.parse(address.text)
        try demand(again?.address == address && again?.user == nil, "an address is read as it is written")
        try demand((1...65_535).contains(address.port), "a port is one")
        try demand(
            address.text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\\") },
            "an address is one word")
        try demand(!address.origin.utf8.contains(UInt8(ascii: "@")), "what is shown has no user")
        try demand(address.contains(address), "a place contains itself")
        guard let own = HTTPAddress.parse("https://host/a.git")?.address else { return }
        if let moved = own.repository(redirectedTo: address, listing: "git-upload-pack") {
            try demand(moved.origin == address.origin, "who sends us on names the host")
            try demand(
                moved.path.utf8.contains(UInt8(ascii: "?")) || moved.listing(of: "git-upload-pack") == address
                    || moved.path.utf8.last == UInt8(ascii: "/"),
                "what is asked there is what was named")
        }
    }

    /// What the parent tells the child of an entry.
    private static let entry = FuzzTarget(
        text: "http-entry",
        words: [
            "url https://host\n", "ca-file /c\n", "certificate /c\n", "key /k\n", "pin sha256//\n",
            "proxy none\n",
            "proxy-user a\n", "proxy-password-file /p\n", "user a\n", "password-credential c\n",
            "token-helper /h\n",
        ]
    ) { text in
        guard let entry = HTTPEntry(text: text) else { return }
        try demand(entry.text == text, "what is written of an entry is read as it")
    }

    private static let gist = FuzzTarget(
        bytes: "http-gist", words: ["<title>", "</title>", "<TITLE>", "\u{1b}[31m", "\u{2028}", "\u{202e}"]
    ) { bytes in
        for type in ["text/html", "text/plain", "image/png", ""] {
            let gist = HTTPGist.of(bytes, type: type)
            try demand(gist.unicodeScalars.count <= 203, "a gist is short")
            try demand(!gist.unicodeScalars.contains(where: \.isControl), "a gist is one printable line")
        }
    }

    private static let credential = FuzzTarget(
        bytes: "credential-answer", words: ["username=", "password=", "quit=1", "\n\n"]
    ) { bytes in
        guard let answer = CredentialHelper.parse(bytes) else { return }
        for value in [answer.user, answer.password].compactMap(\.self) {
            try demand(
                value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }, "a value has nothing that ends a header")
        }
    }
}
