import FleetReconciler

@testable import FleetCore
@testable import FleetPackages

/// What apt and dpkg write, and what is kept beside it.
extension FuzzTarget {
    static let packageManager: [FuzzTarget] = [
        dpkgStatus, simulation, remoteFiles, offers, candidates, statusLine, failure, downloads, sources,
        keyring,
    ]

    private static let fields = [
        "Package: ", "Status: install ok installed\n", "Architecture: amd64\n", "Version: ",
        "Source: a (1)\n",
        "Essential: yes\n", "Provides: ", "Conffiles:\n /etc/a ", "Installed-Size: ", "Depends: a (= 1)",
        "Auto-Installed: 1\n", "\n\n", "deinstall ok config-files", "hold ok half-installed", "reinstreq",
    ]

    /// dpkg's status file, by all that read it.
    private static let dpkgStatus = FuzzTarget(bytes: "dpkg-status", longest: 8_192, words: fields) { bytes in
        ConffileList.forEach(in: bytes) { _, _ in }
        let sizes = SpaceBudget.sizes(in: bytes)
        try demand(sizes.values.allSatisfy { $0 < 1 << 50 }, "sizes can be added up")
        guard let database = try? DpkgDatabase(status: bytes, path: "status", architectures: []) else {
            return
        }
        let paragraphs = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).split {
            $0.isEmpty
        }
        try demand(database.inventory.packages.count <= paragraphs.count, "a paragraph is one package")
        _ = database.inventory.captured()
    }

    private static let simulation = FuzzTarget(
        text: "apt-simulation",
        words: [
            "Inst ", "Conf ", "Remv ", "Purg ", " [1.0]", " (1.0 Debian:12/stable [amd64])", ":i386",
            "[broken ]", "\r\n",
        ]
    ) { text in
        guard let steps = try? AptSimulation(text) else { return }
        // A step that is passed over would be carried out without having been judged.
        for line in text.utf8.split(separator: 0x0A) {
            let words = line.split(separator: 0x20, maxSplits: 2).map { String(decoding: $0, as: UTF8.self) }
            guard words.count > 1 else { continue }
            let name = words[1].prefix { $0 != ":" }
            switch words[0] {
            case "Inst":
                try demand(steps.installs.keys.contains { "\($0.name)" == name }, "no step is lost: \(words)")
            case "Conf":
                try demand(
                    steps.configurations.keys.contains { "\($0.name)" == name }, "no step is lost: \(words)")
            case "Remv", "Purg": try demand(steps.removals.contains(words[1]), "no step is lost: \(words)")
            default: break
            }
        }
        _ = try? steps.changes(of: sampleInventory)
    }

    private static let sampleInventory = Inventory(
        architectures: [.compiled],
        packages: ["libc6", "telnetd", "nginx"].compactMap { name in
            guard let name = PackageName(name), let version = PackageVersion("1.0") else { return nil }
            return InstalledPackage(
                id: PackageID(name: name, architecture: .compiled), version: version, source: name,
                sourceVersion: version, state: .installed, isHeld: false, needsReinstallation: false,
                provides: [])
        })

    private static let remoteFiles = FuzzTarget(
        text: "apt-print-uris",
        words: ["'file:/", "'http://", "' a_1_amd64.deb 1 SHA256:", "%2f", "../", "SHA256:"]
    ) { text in
        for file in RemoteFile.parse(text) {
            try demand(file.size >= 0, "a size is none below nothing")
            if let name = file.safeName {
                try demand(
                    !name.utf8.contains(UInt8(ascii: "/")) && name.utf8.first != UInt8(ascii: "."),
                    "a file's name leads nowhere else")
            }
            if let path = file.localPath {
                try demand(path.utf8.first == UInt8(ascii: "/"), "a local path is a full one")
            }
        }
    }

    private static let offers = FuzzTarget(
        text: "apt-cache", words: [" | ", "Sources", "Packages", "Reverse Provides:", "1.0", ":i386", "\n"]
    ) { text in
        for offer in AptSources.parse(text, native: .compiled) {
            try demand(offer.aptName.contains(":"), "an offer has an architecture")
        }
        for provider in AptSources.parseProviders(text) {
            try demand(!provider.isEmpty, "a provider has a name")
        }
    }

    private static let candidates = FuzzTarget(bytes: "apt-cache-show", words: fields) { bytes in
        let records = CandidateRecord.parse(bytes)
        try demand(records.count <= bytes.count { $0 == 0x0A } + 1, "a paragraph is one record")
    }

    private static let statusLine = FuzzTarget(
        text: "apt-status-line", longest: 512,
        words: ["pmstatus:", "pmerror:", "dlstatus:", ":22.2222:", ":amd64", "1e400", "nan.", "0x1.p"]
    ) { text in
        guard case .progress(let step) = AptStatusLine(text[...]) else { return }
        try demand((0...100).contains(step.percent), "a percentage is one")
    }

    private static let failure = FuzzTarget(
        text: "apt-failure", words: ["E: ", "unmet dependencies:", "\n ", "Could not get lock", "W: "]
    ) { text in
        try demand(AptFailure.summary(text).count <= 2_005, "a summary is short")
    }

    /// The agent's own list of what it has fetched, of which a crash may leave anything.
    private static let downloads = FuzzTarget(
        bytes: "download-list", longest: 512, words: ["9223372036854775807", "-1", "\n", "a.deb 1\n"]
    ) { bytes in
        guard let files = DownloadRecord.files(in: bytes) else { return }
        try demand(files.count <= bytes.count, "a list is as long as it says")
    }

    private static let sources = FuzzTarget(
        text: "source-list",
        words: [
            "Types: deb\n", "URIs: ", "Signed-By:", "\n .\n", " -----BEGIN PGP PUBLIC KEY BLOCK-----\n",
            "deb [signed-by=/", "] http://", "/usr/share/keyrings/a.gpg",
        ]
    ) { text in
        let (paths, texts) = SourceKeyrings.signers(in: text)
        try demand(paths.allSatisfy { $0.utf8.first == UInt8(ascii: "/") }, "a key's path is a full one")
        for text in texts { _ = OpenPGPKeyring.keys(in: Array(text.utf8)) }
    }

    private static let keyring = FuzzTarget(
        bytes: "openpgp-keyring",
        words: [
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n", "\n-----END PGP PUBLIC KEY BLOCK-----\n", "\n=",
        ]
    ) { bytes in
        for key in OpenPGPKeyring.keys(in: bytes) {
            try demand(key.id.utf8.count == 16, "a key's name has sixteen digits")
            _ = key.expires?.description
        }
    }
}
