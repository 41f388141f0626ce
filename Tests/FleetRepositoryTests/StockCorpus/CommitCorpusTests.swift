import Testing

@Suite("stock git and Plimsoll on several hundred commits")
struct CommitCorpusTests {
    @Test("Plimsoll takes nothing that git refuses, and refuses of what git takes what the table tells")
    func verdicts() throws {
        let corpus = try CommitCorpus()
        let verdicts = try StockJudge().judge(corpus.cases)
        var unseen: [String: StockDifference] = [:]
        for difference in StockDifference.table {
            for name in difference.names {
                #expect(
                    unseen.updateValue(difference, forKey: name) == nil, "'\(name)' is in the table twice")
            }
        }
        let names = Set(corpus.cases.map(\.name))
        #expect(names.count == corpus.cases.count, "two cases have one name")
        #expect(names.isSuperset(of: StockDifference.principals.keys))
        for (one, (stock, ours)) in zip(corpus.cases, verdicts) {
            let difference = unseen.removeValue(forKey: one.name)
            let words = "\(one.name): git says \(stock.words) Plimsoll says \(ours.words)"
            switch (stock.isGood, ours.isGood) {
            case (false, true):
                Issue.record("taken, though git refuses it: \(words)")
            case (true, false):
                #expect(difference != nil, "refused, though git takes it: \(words)")
                #expect(ours.words.contains(difference?.says ?? ""), "refused for another reason: \(words)")
            case (true, true), (false, false):
                let named = StockDifference.principals[one.name]
                #expect(stock.principal == named?.stock ?? ours.principal, "\(words)")
                #expect(ours.principal == named?.ours ?? stock.principal, "\(words)")
                #expect(difference == nil, "no difference any more: \(words)")
            }
        }
        #expect(unseen.keys.sorted() == [], "in the table, but not in the corpus")
        let good = verdicts.count { $0.stock.isGood && $0.ours.isGood }
        let differing = StockDifference.table.flatMap(\.names).count
        print("corpus: \(verdicts.count) commits, \(good) good, \(differing) differ")
        #expect(verdicts.count > 600 && good > 150, "\(verdicts.count), \(good) of them good")
    }
}
