import FleetTesting
import Glibc

/// A small server in perl on a free port of the loopback, ended with the value.
final class PerlServer: Sendable {
    let port: Int
    private let process: pid_t

    /// - Parameter answer: perl that answers `$peer`, with `$argument` at hand.
    init(_ answer: String, argument: String) throws {
        let folder = try TemporaryFolder("server")
        let script = """
            use IO::Socket::INET;
            my ($file, $argument) = @ARGV;
            my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 32) or die;
            open(my $out, '>', "$file.new"); print $out $server->sockport; close $out;
            rename "$file.new", $file;
            while (my $peer = $server->accept) { \(answer) }
            """
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        process = try spawn(
            ["perl", "-e", script, folder.path("port"), argument], descriptors: [(null, 0), (null, 1)])
        while !folder.exists("port") {
            guard kill(process, 0) == 0 else { throw NotParsed(text: "server") }
            sched_yield()
        }
        port = Int(try folder.read("port")) ?? 0
    }

    deinit {
        kill(process, SIGKILL)
        reap(process)
    }
}

/// Gives each connection the same answer, or silence.
struct OneAnswerServer {
    private let server: PerlServer
    var port: Int { server.port }

    init(_ answer: String?) throws {
        let reply = "sysread($peer, my $request, 4096); print $peer $argument; close $peer;"
        server = try PerlServer(answer == nil ? "push @kept, $peer;" : reply, argument: answer ?? "")
    }
}

/// Serves the files of a folder, one for each connection.
struct FileServer {
    private let server: PerlServer
    var port: Int { server.port }

    init(_ folder: String) throws {
        server = try PerlServer(
            #"""
            my $request = '';
            while ($request !~ /\r\n\r\n/) { sysread($peer, $request, 4096, length $request) or last }
            my ($path) = $request =~ m{^GET /(\S+)};
            $path =~ s/%([0-9a-fA-F]{2})/chr hex $1/ge;
            if (open(my $in, '<', "$argument/$path")) {
              local $/; my $body = <$in>;
              print $peer "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ", length $body, "\r\n\r\n", $body;
            } else {
              print $peer "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            }
            close $peer;
            """#, argument: folder)
    }
}
