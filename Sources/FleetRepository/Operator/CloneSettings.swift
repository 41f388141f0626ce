/// How git is set up in an operator's clone, so that what it makes is what nodes believe.
package struct CloneSettings: Sendable {
    package let key: SigningKeyChoice

    package init(key: SigningKeyChoice) { self.key = key }

    /// The settings, in the clone's own configuration; each with why it is there.
    package var all: [(key: String, value: String)] {
        [
            // Every commit and tag is signed with the operator's SSH key: an unsigned commit stops the fleet.
            ("gpg.format", "ssh"), ("user.signingKey", key.setting), ("commit.gpgSign", "true"),
            ("tag.gpgSign", "true"),
            // `git log --show-signature` judges by the work tree's own list. Git reads the path from the top
            // of the work tree.
            ("gpg.ssh.allowedSignersFile", Layout.allowedSigners),
            // `git merge topic` on main makes a signed merge whose first parent is main, as the rule of trust
            // wants it: a fast-forward would put the topic's own commits, signed or not, on the first-parent
            // chain.
            ("merge.ff", "false"),
            // `git pull` only ever goes forward: a merge of the two would make the server's history the
            // second parent.
            ("pull.ff", "only"),
        ]
    }

    /// Writes them into the clone in which `git` works.
    package func apply(to git: StockGit) throws(OperatorError) {
        for setting in all { try git.run("config", "--local", setting.key, setting.value) }
    }
}
