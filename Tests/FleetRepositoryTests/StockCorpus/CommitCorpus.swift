/// Commits and signatures, good and broken, made by stock tools and then bent: see the families.
struct CommitCorpus {
    private(set) var cases: [CorpusCase] = []
    let keys: CorpusKeys
    /// The commit that most cases begin with, and its signature by `ed25519`.
    let payload = CorpusCommit.payload()
    let armour: [UInt8]
    /// A file that lists `ed25519` alone.
    let listed: [UInt8]

    init() throws {
        keys = try CorpusKeys()
        armour = try keys.signature(of: payload, by: .ed25519)
        listed = keys.listing(.ed25519)
        try addKeys()
        try addTokens()
        try addCertificates()
        try addNamespaces()
        try addBits()
        addCuts()
        addArmours()
        addEncodings()
        try addSigners()
        addTampering()
        try addShapes()
        try addHeaders()
        try addSeveral()
        try addIdentities()
        try addDates()
    }

    /// - Parameter signers: nil for the file that lists `ed25519` alone.
    mutating func add(_ name: String, _ commit: [UInt8], signers: [UInt8]? = nil) {
        cases.append(CorpusCase(name: name, commit: commit, signers: signers ?? listed))
    }

    /// A commit that `ed25519` signs as it is.
    mutating func addSigned(_ name: String, _ payload: [UInt8]) throws {
        let armour = try keys.signature(of: payload, by: .ed25519)
        add(name, CorpusCommit.signed(payload, armour))
    }

    /// The usual commit with another text in place of its signature.
    mutating func add(_ name: String, armour: [UInt8]) {
        add(name, CorpusCommit.signed(payload, armour))
    }
}
