import FleetCore
import FleetTesting
import Testing

/// The rule by which nodes follow the newest commit that has had its approvals.
struct ApprovalChainTests {
    private typealias Chain = ApprovalChain<String>

    /// Commit 1, 2, … each signed by one person; a negative target is no approval.
    private struct Story {
        var signers: [String] = []
        var targets: [Int?] = []
        var threshold = 2
        /// The commits that have the files of others: these count as the same.
        var content: [Int: Int] = [:]

        func content(_ commit: CommitID) -> Int {
            let number = Int(commit.hex, radix: 16) ?? 0
            // An approval has the files of the commit before it.
            var place = number
            while place > 0, targets[place - 1] != nil { place -= 1 }
            return content[place] ?? place
        }

        func judge(_ ground: CommitID, _ commit: CommitID, _ voices: [String]) -> [ApprovalDemand]? {
            guard content(ground) != content(commit) else { return [] }
            return [ApprovalDemand(path: nil, needed: threshold, by: Set(voices))]
        }

        /// The ground after each commit.
        func grounds() -> [Int] {
            var chain = Chain(from: .number(0))
            return signers.indices.map { index in
                let approvals =
                    targets[index].map { [(target: CommitID.number($0), voice: signers[index])] } ?? []
                _ = chain.append(
                    Chain.Link(.number(index + 1), voices: [signers[index]], approvals: approvals),
                    judge: judge)
                return Int(chain.ground.hex, radix: 16) ?? -1
            }
        }

        /// The same, by looking at all that waits after each commit.
        func plainGrounds() -> [Int] {
            var ground = 0
            return signers.indices.map { index in
                func isApproved(_ number: Int) -> Bool {
                    let approvers = (0...index).filter { targets[$0] == number }.map { signers[$0] }
                    let voices = [signers[number - 1]] + approvers
                    return judge(.number(ground), .number(number), voices)?.allSatisfy(\.isMet) ?? false
                }
                while let next = (ground + 1..<index + 2).last(where: isApproved) { ground = next }
                return ground
            }
        }
    }

    private func expect(
        _ story: Story, _ grounds: [Int], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(story.grounds() == grounds, sourceLocation: sourceLocation)
        #expect(story.plainGrounds() == grounds, sourceLocation: sourceLocation)
    }

    @Test func `the second person moves the ground, and the approval with it`() {
        expect(Story(signers: ["a", "b"], targets: [nil, 1]), [0, 2])
    }

    @Test func `one person counts once, however often`() {
        expect(Story(signers: ["a", "a", "a", "b"], targets: [nil, 1, 1, 1]), [0, 0, 0, 4])
    }

    @Test func `who approves the newest approves what is below it`() {
        expect(Story(signers: ["a", "b", "a", "b"], targets: [nil, nil, nil, 3]), [0, 0, 0, 4])
    }

    @Test func `an approval counts for the commit that it names, not for what is above it`() {
        expect(Story(signers: ["a", "a", "b"], targets: [nil, nil, 1]), [0, 0, 1])
        // What waits above is approved next.
        expect(Story(signers: ["a", "a", "b", "b"], targets: [nil, nil, 1, 2]), [0, 0, 1, 4])
    }

    @Test func `approvals of what is older, or of nothing on the chain, move nothing`() {
        expect(Story(signers: ["a", "b", "a", "b"], targets: [nil, 1, nil, 1]), [0, 2, 2, 2])
        expect(Story(signers: ["a", "b"], targets: [nil, 4_711]), [0, 0])
    }

    @Test func `what was taken back by its own person is over, and was never in force`() {
        expect(Story(signers: ["a", "a"], targets: [nil, nil], content: [2: 0]), [0, 2])
    }

    @Test func `with one key each commit is the ground at once`() {
        expect(Story(signers: ["a", "b", "a"], targets: [nil, nil, nil], threshold: 1), [1, 2, 3])
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `whatever comes, the ground moves forward alone, with enough persons behind it`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var story = Story(threshold: Int.random(in: 1...3, using: &random))
        for number in 1...Int.random(in: 1...12, using: &random) {
            story.signers.append(["a", "b", "c", "d"].randomElement(using: &random) ?? "a")
            let isApproval = number > 1 && Bool.random(using: &random)
            story.targets.append(isApproval ? Int.random(in: 0..<number, using: &random) : nil)
            if Int.random(in: 0..<6, using: &random) == 0 {
                story.content[number] = Int.random(in: 0..<number, using: &random)
            }
        }
        let grounds = story.grounds()
        #expect(grounds == story.plainGrounds())
        #expect(grounds == grounds.sorted())
        var last = 0
        for (index, ground) in grounds.enumerated() where ground != last {
            // A longer chain does not say otherwise of the shorter one: here it was cut at each place.
            var shorter = story
            shorter.signers = Array(story.signers[...index])
            shorter.targets = Array(story.targets[...index])
            #expect(shorter.grounds() == Array(grounds[...index]))
            last = ground
        }
        #expect(story.threshold > 1 || grounds == Array(1...story.signers.count))
        // Nobody alone moves anything but back to what was approved.
        if story.threshold > 1, Set(story.signers).count == 1 {
            #expect(grounds.allSatisfy { story.content(.number($0)) == 0 })
        }
    }

    @Test func `the order in which approvals come does not count`() {
        var story = Story(signers: ["a", "b", "c", "d"], targets: [nil, 1, 1, 1], threshold: 4)
        expect(story, [0, 0, 0, 4])
        for others in [["c", "b", "d"], ["d", "c", "b"], ["b", "d", "c"]] {
            story.signers = ["a"] + others
            expect(story, [0, 0, 0, 4])
        }
    }

    @Test func `a commit whose rules cannot be read is passed over`() {
        var chain = Chain(from: .number(0))
        for number in 1...2 {
            _ = chain.append(Chain.Link(.number(number), voices: ["a"])) { _, commit, _ in
                commit == .number(1) ? nil : []
            }
            #expect(chain.ground == .number(number == 1 ? 0 : 2))
            #expect(chain.settled == chain.ground)
        }
    }
}
