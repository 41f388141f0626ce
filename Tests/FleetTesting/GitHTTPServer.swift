import Foundation
import Glibc

/// A real smart HTTP Git server on loopback: nginx in front of `git http-backend`. It ends with the value.
///
/// The first component of a URL's path says how the server behaves there; see ``Place``.
package final class GitHTTPServer: Sendable {
    /// What the first component of a path stands for.
    package enum Place: String, CaseIterable, Sendable {
        /// The repositories, for everybody.
        case open
        /// The same for the user `node` with the password `s3cret pass`.
        case basic
        /// The same for the token `t0ken-of-the-node`.
        case bearer
        /// Sends on to `open` here.
        case moved
        /// Sends on to `open` without TLS.
        case downgrade
        /// Sends on to another page.
        case login
        /// Answers all with a page of HTML.
        case portal
        /// Answers all with a type that is not Git's.
        case files
        /// Has no time: 503, and says when to ask again.
        case busy
        /// Had too many requests: 429.
        case limited
        /// Lets nobody in: 403.
        case forbidden
        /// Takes no body of more than 64 KiB.
        case small
    }

    /// How a server is reached.
    package enum Scheme: Sendable {
        case plain
        case tls
        /// With TLS, for those alone who show a certificate.
        case clientCertificate
    }

    package static let user = "node"
    package static let password = "s3cret pass"
    package static let token = "t0ken-of-the-node"

    /// The port on 127.0.0.1 without TLS.
    package var port: UInt16 { sockets[0].port }
    /// The authority that has signed the server's certificate, and lets clients in; nil without TLS.
    package let authority: TestAuthority?
    private let sockets: [(socket: Int32, port: UInt16)]
    private let processes: [pid_t]
    private let folder: TemporaryFolder

    /// Starts a server for the repositories below `root`. Its ports are open when this returns.
    ///
    /// - Parameter authority: who signs the server's certificate; nil: there is no TLS.
    package init(root: String, authority: TestAuthority? = nil) throws {
        folder = try TemporaryFolder("git-http-server")
        self.authority = authority
        // Opened here and handed over, so that nobody waits and no port is taken twice.
        // Above the numbers that nginx gets.
        sockets = try (0..<4).map { _ in
            let (socket, port) = try openLoopbackPort()
            defer { close(socket) }
            return (fcntl(socket, F_DUPFD_CLOEXEC, 20), port)
        }
        let ports = sockets.map(\.port)
        try authority?.issue("server", names: "DNS:localhost,IP:127.0.0.1")
        try folder.write("\(Self.user):{PLAIN}\(Self.password)\n", to: "users")
        let configuration = try folder.write(
            nginxConfiguration(ports, folder: folder.path, root: root, authority: authority), to: "nginx.conf"
        )
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        let errors = open(folder.path("errors"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        defer {
            close(quiet)
            close(errors)
        }
        // fcgiwrap takes connections from its standard input, as FastCGI has it.
        let backend = try spawn(
            ["/usr/sbin/fcgiwrap", "-c", "4"], environment: Git.environment,
            descriptors: [(sockets[3].socket, 0), (quiet, 1), (errors, 2)])
        // Descriptors of ports that nginx finds open; its own way to change its program without a gap.
        let server = try spawn(
            ["/usr/sbin/nginx", "-p", folder.path, "-e", folder.path("errors"), "-c", configuration],
            environment: ["NGINX": "3;4;5;"],
            descriptors: [
                (quiet, 0), (quiet, 1), (errors, 2), (sockets[0].socket, 3), (sockets[1].socket, 4),
                (sockets[2].socket, 5),
            ])
        processes = [backend, server]
    }

    deinit {
        stop()
        for socket in sockets { close(socket.socket) }
    }

    /// Ends the server and what works for it.
    private func stop() {
        for process in processes {
            kill(-process, SIGKILL)
            reap(process)
        }
    }

    /// The URL of a repository below the root, such as `fleet.git`.
    ///
    /// - Parameter user: user and password for the URL, with the `@`.
    package func url(
        _ repository: String, _ scheme: Scheme = .plain, at place: Place = .open, user: String = ""
    ) -> String {
        switch scheme {
        case .plain: "http://\(user)127.0.0.1:\(port)/\(place)/\(repository)"
        case .tls: "https://\(user)localhost:\(sockets[1].port)/\(place)/\(repository)"
        case .clientCertificate: "https://\(user)localhost:\(sockets[2].port)/\(place)/\(repository)"
        }
    }

    /// What the server's own log has, for a test that fails.
    package var log: String { (try? folder.read("errors")) ?? "" }

    /// One line for each request: status, method, path, bytes sent and received, connection's number.
    package var requests: [String] {
        ((try? folder.read("access")) ?? "").split(separator: "\n").map(String.init)
    }
}

private func nginxConfiguration(
    _ ports: [UInt16], folder: String, root: String, authority: TestAuthority?
) -> String {
    let places = nginxPlaces(ports, folder: folder, root: root)
    var servers = ["server { listen 127.0.0.1:\(ports[0]); \(places) }"]
    if let authority {
        let certificate = """
            ssl_certificate \(authority.path("server.pem")); ssl_certificate_key \(authority.path("server.key"));
            """
        servers += [
            "server { listen 127.0.0.1:\(ports[1]) ssl; \(certificate) \(places) }",
            """
            server { listen 127.0.0.1:\(ports[2]) ssl; \(certificate)
              ssl_client_certificate \(authority.certificates); ssl_verify_client on; \(places) }
            """,
        ]
    } else {
        servers += (1...2).map { "server { listen 127.0.0.1:\(ports[$0]); return 404; }" }
    }
    let paths = ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"].map {
        "\($0)_temp_path \(folder)/\($0);"
    }
    return """
        daemon off; worker_processes 1; \(getuid() == 0 ? "user root;" : "") pid \(folder)/pid; error_log \(folder)/errors;
        events { worker_connections 256; }
        http {
          \(paths.joined(separator: " "))
          log_format short '$status $request_method $request_uri $bytes_sent $request_length $connection';
          access_log \(folder)/access short;
          server_tokens off; gzip on; gzip_min_length 1; gzip_types *; client_max_body_size 0; keepalive_timeout 60;
          map $http_authorization $has_token { default 0; "Bearer \(GitHTTPServer.token)" 1; }
          \(servers.joined(separator: "\n"))
        }

        """
}

private func nginxPlaces(_ ports: [UInt16], folder: String, root: String) -> String {
    let program = "\((try? runSuccessfully(["git", "--exec-path"]).text) ?? "")/git-http-backend"
    let backend = """
        fastcgi_pass 127.0.0.1:\(ports[3]);
        fastcgi_param SCRIPT_FILENAME \(program); fastcgi_param GIT_PROJECT_ROOT \(root);
        fastcgi_param GIT_HTTP_EXPORT_ALL 1; fastcgi_param PATH_INFO $1;
        fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;
        fastcgi_param CONTENT_TYPE $content_type; fastcgi_param CONTENT_LENGTH $content_length;
        fastcgi_param REMOTE_USER $remote_user; fastcgi_param REMOTE_ADDR $remote_addr;
        fastcgi_param SERVER_PROTOCOL $server_protocol;
        """
    let page = "<html><head><title>Welcome to the hotel</title></head><body>Log in.</body></html>"
    return """
        location ~ ^/open(/.*)$ { \(backend) }
        location ~ ^/small(/.*)$ { client_max_body_size 64k; \(backend) }
        location ~ ^/basic(/.*)$ {
          auth_basic fleet; auth_basic_user_file \(folder)/users; \(backend)
        }
        location ~ ^/bearer(/.*)$ { if ($has_token = 0) { return 401; } \(backend) }
        location ~ ^/moved(/.*)$ { return 301 $scheme://$http_host/open$1$is_args$args; }
        location ~ ^/downgrade(/.*)$ { return 302 http://127.0.0.1:\(ports[0])/open$1$is_args$args; }
        location /login { return 302 $scheme://$http_host/portal; }
        location /portal { default_type text/html; return 200 '\(page)'; }
        location /files { default_type application/octet-stream; return 200 data; }
        location /busy { add_header Retry-After 7 always; return 503; }
        location /limited { return 429; }
        location /forbidden { return 403; }
        """
}
