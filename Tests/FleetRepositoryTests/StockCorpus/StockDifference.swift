/// Commits of the corpus that git takes and Plimsoll refuses, and why that is right.
///
/// There is no table of the other direction: Plimsoll must refuse whatever git refuses.
struct StockDifference: Sendable {
    /// Why Plimsoll is the stricter one.
    let reason: String
    /// What Plimsoll says, in part.
    let says: String
    /// The cases' names.
    let names: [String]

    init(_ reason: String, says: String, _ names: String...) {
        self.reason = reason
        self.says = says
        self.names = names
    }

    static let table = keys + signatures + files + commits

    /// Whom the two name where they name somebody else for a good signature, by case.
    ///
    /// Git calls the signer by the first pattern of the line, which here says who is *not* meant.
    static let principals = ["signers \"!b@x,*@x KEY\"": (stock: "!b@x", ours: "*@x")]

    private static let keys = [
        StockDifference(
            "RSA below 2048 bits is not safe; OpenSSH 9.2 takes it from 1024 on", says: "too short",
            "rsa1024: good", "signers: an RSA key that is too short before"),
        StockDifference(
            "whatever runs on its machine can use a token that nobody touches; sshd asks for a touch, too",
            says: "signed it without being touched",
            "tokenEd25519: untouched", "tokenEd25519: verified alone", "tokenECDSA: untouched",
            "tokenECDSA: verified alone"),
        StockDifference(
            "certificates are not supported, and a file that asks for them is refused as a whole",
            says: "not supported yet",
            "certificate: by a listed authority", "certificate: an authority beside the key",
            "signers \"a@x ssh-rsa-cert-v01@openssh.com AAAA\\na@x KEY\""),
    ]

    private static let signatures = [
        StockDifference(
            "one signature has one text: ssh-keygen writes no blanks among its digits, but passes over them",
            says: "expected base64 between the BEGIN and END lines",
            "armour: carriage returns inside", "armour: a space in the base64", "armour: a tab in the base64",
            "changed after signing: two spaces before each line"),
        StockDifference(
            "what stands behind END was signed by nobody; ssh-keygen does not look at it",
            says: "expected nothing after \"-----END SSH SIGNATURE-----\"",
            "armour: text after END", "armour: six dashes at the end", "armour: twice",
            "armour: a NUL at the end",
            "armour: Latin-1 after END"),
        StockDifference(
            "which of two signatures counts is a matter of who reads; ssh-keygen takes the first",
            says: "the commit has two signatures",
            "several: the same twice", "several: a stranger's after it", "several: of two who are listed",
            "several: the second of the first", "several: an empty one after it"),
        StockDifference(
            "git takes every header that begins with 'gpgsig' out of what is signed: anybody may write there",
            says: "which its signature does not cover",
            "SHA-256: both", "SHA-256: both, its own first", "SHA-256: both, its own a stranger's",
            "SHA-256: nonsense beside the good one", "a header like the signature's, put in after"),
    ]

    /// ssh-keygen passes over a line that it cannot read, which may be the one that takes a right away.
    private static let files = [
        StockDifference(
            "quotes within a word are read in as many ways as there are readers",
            says: "expected the quotes around",
            "signers \"a\\\"b c\\\" KEY\""),
        StockDifference(
            "an empty principal stands for nobody: somebody mistyped", says: "none empty",
            "signers \"a@x,,b@x KEY\""),
        StockDifference(
            "the 31st of February is no day; OpenSSH takes it for the 3rd of March",
            says: "expected a time such as",
            "signers \"a@x valid-after=\\\"20260231Z\\\" KEY\""),
        StockDifference(
            "a bad line makes the file unreadable, so that it is mended", says: "unknown option or key type",
            "signers: a bad line after the good one", "signers: a bad line before the good one"),
        StockDifference(
            "a text ends where it ends: C takes a NUL for the end", says: "expected no control character",
            "signers: a NUL in the comment"),
        StockDifference(
            "principals are shown to people, in UTF-8", says: "expected principals in UTF-8",
            "signers: principals in Latin-1"),
    ]

    private static let commits = [
        StockDifference(
            "git writes no NUL, and libgit2 takes it for the end: what is behind it would be read by nobody",
            says: "holds a byte of zero",
            "message: a NUL", "message: a NUL at the end", "message: a NUL first", "header: a NUL",
            "header: a NUL, below the signature"),
        StockDifference(
            "headers have one order in Git's format; libgit2 asks for it, verify-commit does not",
            says: "expected prefix doesn't match actual",
            "the signature above the author", "the signature above the parent",
            "the signature above the committer",
            "parents: no name", "tree: twice", "several: one above the author, one below"),
        StockDifference(
            "no honest commit is that long", says: "at most 1048576 are read", "message: above the limit"),
        StockDifference(
            "where a commit has no date after 1970-01-01, git asks whether the key is valid today; Plimsoll "
                + "takes the commit at its word, for a verdict must not change with the clock",
            says: "makes valid from 2020-01-01T00:00:00Z on; the committer's date is 19",
            "identity: no date, from 2020 to 2100", "identity: 1970, from 2020 to 2100",
            "identity: before 1970, from 2020 to 2100"),
        StockDifference(
            "the same, where the date is a word", says: "invalid Unix timestamp",
            "identity: words for a date", "identity: words for a date, from 2020 to 2100"),
    ]
}
