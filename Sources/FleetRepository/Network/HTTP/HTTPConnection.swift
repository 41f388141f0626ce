/// A repository that is reached by HTTP, with Git's smart protocol; gitprotocol-http(5).
final class HTTPConnection {
    /// Bytes of a listing: a hundred thousand references have about twelve mebibytes.
    private static let listingBytesLimit = 32 << 20
    /// Bytes of what a server says of a push.
    private static let verdictBytesLimit = 16 << 20
    private static let redirectsLimit = 10

    private let client: HTTPClient
    private let keyring: HTTPKeyring
    /// Where the repository is, after the server has sent us on.
    private var repository: HTTPAddress

    init(_ repository: HTTPAddress, keyring: HTTPKeyring, client: HTTPClient) {
        self.repository = repository
        self.keyring = keyring
        self.client = client
    }

    /// Asks for the references. Here alone a server may send us on, and what it names is then the repository
    /// for all that follows, as git has it (http.followRedirects=initial).
    func list(_ service: ServerCommand.Service) throws(HTTPFailure) {
        let name = "git-\(service.rawValue)"
        for _ in 0...Self.redirectsLimit {
            client.begin(
                HTTPClient.Request(
                    address: repository.listing(of: name), type: nil,
                    expectation: .init(
                        type: "application/x-\(name)-advertisement", bytesLimit: Self.listingBytesLimit)),
                with: try material())
            if try client.hasExpectedAnswer() { return }
            if client.status == 401, keyring.takesCredentialOfGit(for: repository) { continue }
            guard let target = client.redirection else { throw client.failure() }
            repository = try Self.follow(target, from: repository, listing: name)
        }
        throw HTTPFailure(
            .protocolViolation,
            "\(repository.origin) sends us elsewhere more than \(Self.redirectsLimit) times")
    }

    /// Begins a request for a service: what is written is sent, what is read is the answer.
    func request(_ service: ServerCommand.Service) throws(HTTPFailure) {
        let name = "git-\(service.rawValue)"
        client.begin(
            HTTPClient.Request(
                address: repository.service(name), type: "application/x-\(name)-request",
                expectation: .init(
                    type: "application/x-\(name)-result",
                    // A pack has its own limit, which ends the transfer.
                    bytesLimit: service == .uploadPack ? .max : Self.verdictBytesLimit)),
            with: try material())
    }

    /// Adds to the request.
    func write(_ bytes: UnsafeRawBufferPointer) throws(HTTPFailure) { try client.send(bytes) }

    /// Reads of the answer what has come, at least one byte; 0 is its end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPFailure) -> Int {
        try client.receive(into: buffer)
    }

    /// Nobody wants more of the answer.
    func finish() { client.finish() }

    private func material() throws(HTTPFailure) -> HTTPMaterial {
        do throws(FileError) {
            return try keyring.material(for: repository)
        } catch {
            throw HTTPFailure(.other, error.description)
        }
    }

    private static func follow(
        _ target: String, from repository: HTTPAddress, listing service: String
    ) throws(HTTPFailure) -> HTTPAddress {
        let origin = repository.origin
        guard let (address, user) = HTTPAddress.parse(target), user == nil else {
            throw HTTPFailure(.protocolViolation, "\(origin) sends us to what is no plain http or https URL")
        }
        guard address.isEncrypted || !repository.isEncrypted else {
            throw HTTPFailure(
                .protocolViolation,
                "\(origin) sends us to \(address.origin), which is not encrypted: that is not followed")
        }
        guard let moved = repository.repository(redirectedTo: address, listing: service) else {
            throw HTTPFailure(
                .unreachable,
                "\(origin) sends us to another page at \(address.origin), not to a repository: perhaps a "
                    + "captive portal or a login page")
        }
        return moved
    }
}
