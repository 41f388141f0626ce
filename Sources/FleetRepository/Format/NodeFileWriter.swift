package import FleetCore

/// Writes a node as the file that decodes to it.
package enum NodeFileWriter {
    /// The text of the file of a node of which nothing but its key is known.
    package static func text(key: String) -> String {
        "apiVersion: \(MappingReader.apiVersion)\nkey: \(key)\n"
    }

    /// The text of the node's file; what is not said of the node is left out.
    package static func text(of node: NodeRecord) -> String {
        var lines = ["apiVersion: \(MappingReader.apiVersion)", "key: \(node.key)"]
        if !node.labels.isEmpty { lines.append("labels:") }
        lines += node.labels.sorted { $0.key < $1.key }
            .map { "  \(YAMLText.scalar($0.key)): \(YAMLText.scalar($0.value))" }
        if !node.exceptions.isEmpty { lines.append("except:") }
        for (key, exception) in node.exceptions.sorted(by: { $0.key < $1.key }) {
            let until = exception.until.map { ", until: \($0)" } ?? ""
            let reason = YAMLText.quoted(exception.reason)
            lines.append("  \(YAMLText.scalar(key.description)): {reason: \(reason)\(until)}")
        }
        if let hold = node.hold { lines.append("hold: \(YAMLText.scalar(hold))") }
        if let retry = node.retry { lines.append("retry: \(YAMLText.scalar(retry))") }
        return lines.joined(separator: "\n") + "\n"
    }
}
