internal import FleetCore

/// Reads `groups/<group>/proceed.yaml`: a person's word that a rollout goes on past its pauses.
enum ProceedFile {
    static func decode(_ bytes: [UInt8], group: GroupName) -> Decoded<Proceed> {
        let problems = FileProblems(file: Layout.proceed(group))
        guard let reader = MappingReader.document(bytes, keys: ["declaration", "step"], problems) else {
            return Decoded(value: nil, problems: problems.problems)
        }
        let expected = "a mapping with 'digest' and 'commit'"
        let declaration = reader.required("declaration", expected) { node -> Declaration? in
            guard let keys = MappingReader(node, keys: ["digest", "commit"], problems) else { return nil }
            let digest: Digest? = keys.required("digest")
            let commit: CommitID? = keys.required("commit")
            guard let digest, let commit else { return nil }
            return Declaration(digest: digest, commit: commit)
        }
        let step = reader.required("step", "the number of a step, from 1") {
            $0.integer(in: 1...WavesDecoder.mostSteps, problems)
        }
        let proceed = declaration.flatMap { declaration in
            step.map { Proceed(declaration: declaration, step: $0) }
        }
        return Decoded(value: proceed, problems: problems.problems)
    }

    /// The file for `proceed`.
    static func text(_ proceed: Proceed) -> String {
        """
        apiVersion: plimsoll/v1
        declaration:
          digest: \(proceed.declaration.digest)
          commit: \(proceed.declaration.commit)
        step: \(proceed.step)

        """
    }
}
