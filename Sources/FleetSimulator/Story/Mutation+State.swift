internal import FleetCore

/// Bugs in what a node keeps.
extension Mutation {
    package static let keeping: [Mutation] = [
        provisionalIsKept, failedIsRetried, intentIsNotWritten, numberIsReused,
        reportIsForgotten, rebootsAreNotCounted,
    ]

    package static let all = believing + choosing + keeping

    static let provisionalIsKept: Mutation = {
        var mutation = Mutation(
            "provisional never given back",
            breaks: "until the first package has changed, an admission is provisional")
        mutation.load = { state in
            if state.admitted?.progress == .provisional { state.admitted?.progress = .begun }
        }
        return mutation
    }()

    static let failedIsRetried: Mutation = {
        var mutation = Mutation("failed retried", breaks: "a declaration that failed here stays failed")
        mutation.load = { $0.failed = [] }
        return mutation
    }()

    static let intentIsNotWritten: Mutation = {
        var mutation = Mutation(
            "state saved after the act", breaks: "an intent is written durably before the manager runs")
        mutation.save = { state, before in state.intent == nil || before?.intent != nil }
        return mutation
    }()

    static let numberIsReused: Mutation = {
        var mutation = Mutation(
            "report number reused", breaks: "each number is that of the report before and one more")
        mutation.load = { state in
            if state.report.sequence > 1 { state.report.sequence -= 1 }
        }
        return mutation
    }()

    static let rebootsAreNotCounted: Mutation = {
        var mutation = Mutation(
            "reboots not counted", breaks: "after three reboots for one declaration the node stops")
        mutation.load = { $0.reboots = [] }
        return mutation
    }()

    static let reportIsForgotten: Mutation = {
        var mutation = Mutation(
            "report written before it is numbered", breaks: "number and commit are durable before the push")
        mutation.save = { state, before in
            if state.report.sequence != before?.report.sequence, !state.report.isPushed,
                let before
            {
                state.report = before.report
            }
            return true
        }
        return mutation
    }()
}
