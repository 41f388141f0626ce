import Foundation
import Glibc
import Synchronization

/// A real smart HTTP Git server on loopback: Python's CGI server in front of `git http-backend`. It ends with
/// the value.
package final class GitHTTPServer: Sendable {
    /// The port on 127.0.0.1.
    package let port: UInt16
    private let process: pid_t
    private let folder: TemporaryFolder

    /// Starts a server for the repositories below `root`, and returns when its port is open.
    package init(root: String) throws {
        folder = try TemporaryFolder("git-http-server")
        let script = try folder.write(program, to: "server.py")
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        let (reading, writing) = try openPipe()
        defer {
            close(quiet)
            close(reading)
        }
        var environment = Git.environment
        environment["GIT_PROJECT_ROOT"] = root
        environment["GIT_HTTP_EXPORT_ALL"] = "1"
        let files: [(Int32, Int32)] = [(quiet, 0), (writing, 1), (quiet, 2)]
        process = try spawn(["python3", script], environment: environment, descriptors: files)
        close(writing)
        var text = [UInt8](repeating: 0, count: 16)
        let count = read(reading, &text, text.count)
        let line = String(decoding: text.prefix(max(count, 0)), as: UTF8.self)
        guard let port = UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            kill(-process, SIGKILL)
            reap(process)
            throw POSIXError(.ECONNREFUSED)
        }
        self.port = port
    }

    deinit {
        kill(-process, SIGKILL)
        reap(process)
    }

    /// The URL of a repository below the root, such as `fleet.git`.
    package func url(_ repository: String) -> String { "http://127.0.0.1:\(port)/\(repository)" }
}

/// A pipe that no process inherits unless it is told to.
private func openPipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [0, 0]
    return try spawning.withLock { _ in
        guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        defer { for end in ends { close(end) } }
        return (fcntl(ends[0], F_DUPFD_CLOEXEC, 10), fcntl(ends[1], F_DUPFD_CLOEXEC, 10))
    }
}

/// Prints its port, then answers each request by `git http-backend`, a CGI program (RFC 3875).
private let program = """
    import http.server, os, subprocess
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"
        def answer(self):
            path, _, query = self.path.partition("?")
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                body = b""
                while True:
                    size = int(self.rfile.readline(), 16)
                    body += self.rfile.read(size)
                    self.rfile.readline()
                    if size == 0: break
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            environment = dict(os.environ, REQUEST_METHOD=self.command, PATH_INFO=path, QUERY_STRING=query,
                CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)),
                REMOTE_USER="node", REMOTE_ADDR="127.0.0.1", SERVER_PROTOCOL="HTTP/1.0")
            if self.headers.get("Content-Encoding"):
                environment["HTTP_CONTENT_ENCODING"] = self.headers["Content-Encoding"]
            output = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=-1).stdout
            head, _, content = output.partition(b"\\r\\n\\r\\n")
            fields = [line.split(": ", 1) for line in head.decode().split("\\r\\n") if ": " in line]
            status = next((int(value.split()[0]) for name, value in fields if name == "Status"), 200)
            self.send_response(status)
            for name, value in fields:
                if name != "Status": self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
        do_GET = do_POST = answer
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    os.write(1, b"%d\\n" % server.server_address[1])
    server.serve_forever()

    """
